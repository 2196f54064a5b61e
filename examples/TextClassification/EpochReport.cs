using RetNet.Extensions.Core.Training;

namespace TextClassification;

/// <summary>Writes a line at the end of every epoch.</summary>
public sealed class EpochReport : IProgress<TrainingProgress>
{
    private int _epochs;

    public void Report(TrainingProgress value)
    {
        if ((int)value.Epoch == _epochs)
            return;
        _epochs = (int)value.Epoch;
        Console.WriteLine($"epoch {_epochs,2}, step {value.Step}/{value.Steps}, loss {value.Loss:F3}, {value.TokensPerSecond:N0} "
            + $"tokens/s, {value.Remaining.TotalSeconds:F0} s left");
    }
}
