namespace RetNet.Extensions.ML.Trainers;

/// <summary>The defaults that the trainers' options and the short overloads share.</summary>
internal static class TrainerDefaults
{
    public const int BatchSize = 16;
    public const int Epochs = 3;

    // From scratch: the best values on held-out rows of three collections of 5,000 to 10,000 short texts. Much of what few texts teach lies
    // in single words.
    public const int Steps = 400;
    public const int Width = 32;
    public const int Layers = 1;
    public const int Heads = 1;
    public const int VocabularySize = 16_000;
    public const double LearningRate = 3e-3;
    public const double WeightDecay = 0.5;
    public const float Dropout = 0.3f;

    public const double FineTuningLearningRate = 1e-4;
    public const double FineTuningWeightDecay = 0.05;
    public const float FineTuningDropout = 0.1f;
}
