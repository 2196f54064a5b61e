namespace RetNet.Extensions.ML.Trainers;

/// <content>The options.</content>
public sealed partial class RetNetRegressionTrainer
{
    /// <summary>How a model that gives numbers is trained. The labels are scaled to mean 0 and variance 1 for training, and the scores
    /// back.</summary>
    public sealed class Options : RetNetTrainerOptions;
}
