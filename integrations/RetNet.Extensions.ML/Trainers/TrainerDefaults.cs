namespace RetNet.Extensions.ML.Trainers;

/// <summary>The defaults that the trainers' options and the short overloads share.</summary>
internal static class TrainerDefaults
{
    public const int BatchSize = 32;
    public const int MaxEpoch = 10;
    public const int Width = 128;
    public const int Layers = 2;
    public const int Heads = 4;
    public const int VocabularySize = 4096;
    public const float Dropout = 0.1f;
    public const double LearningRateFromScratch = 1e-3;
    public const double LearningRateOfFineTuning = 1e-4;
}
