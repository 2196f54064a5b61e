using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>Collects reports as they come, and does something at each.</summary>
internal sealed class Reports(Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
{
    public List<TrainingProgress> All { get; } = [];

    public void Report(TrainingProgress value)
    {
        All.Add(value);
        then?.Invoke(value);
    }
}
