using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Calls an action for each step of a training.</summary>
internal sealed class StepReport(Action report) : IProgress<TrainingProgress>
{
    void IProgress<TrainingProgress>.Report(TrainingProgress value) => report();
}
