namespace RetNet.Extensions.ML.Tests;

internal sealed class JudgedReview
{
    public bool Liked { get; set; }

    public bool PredictedLabel { get; set; }

    public float Score { get; set; }

    public float Probability { get; set; }
}
