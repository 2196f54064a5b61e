using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Layers;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>Trainings on a device whose memory does not suffice for every batch.</summary>
public sealed class TrainingMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, false, true)]
    [InlineData(2, true, false)]
    [InlineData(0, false, false)]
    public void What_was_trained_before_memory_ran_out_is_kept_unless_a_state_is_carried(int failingStep, bool carryState, bool isKept)
    {
        TrainingOptions options = new()
        {
            Steps = 4,
            CarryState = carryState,
            CheckpointFile = _folder["training.checkpoint"],
            Resume = true
        };
        using (FakeTask failing = new(failingStep))
        using (TrainingRun run = new(failing, options, null, CancellationToken.None))
            Assert.Throws<DeviceMemoryException>(run.Complete);
        Assert.Equal(isKept, File.Exists(options.CheckpointFile));

        using FakeTask task = new(failingStep: null);
        using TrainingRun resumed = new(task, options, null, CancellationToken.None);
        Assert.Equal(4, resumed.Complete().Steps);
        Assert.Equal(isKept ? failingStep : 0, task.FirstStep);
    }

    /// <summary>One parameter whose gradient is 1.</summary>
    private sealed class FakeTask : TrainingTask
    {
        private readonly ParameterStore _store = new([WeightDeclaration.Bias("x", 1)]);
        private readonly int? _failingStep;

        public FakeTask(int? failingStep)
        {
            _failingStep = failingStep;
            _store.Initialize(1);
        }

        public long? FirstStep { get; private set; }

        public override IReadOnlyList<Parameter> Parameters => _store.Parameters;

        public override WorkerPool? Pool => null;

        public override double BatchesPerEpoch => 1;

        public override bool HasValidation => false;

        public override void ClearGradients() => _store.ClearGradients();

        public override StepLoss AddGradients(long step, CancellationToken cancellationToken)
        {
            FirstStep ??= step;
            if (step == _failingStep)
                throw new DeviceMemoryException(new ComputeDevice(DeviceKind.Cuda), "Out of memory.");
            Parameters[0].Gradient[0] = 1;
            return new StepLoss(1, 1);
        }

        public override double Validate(CancellationToken cancellationToken) => 0;

        public override IEnumerable<KeyValuePair<string, string>> Fingerprint() => [];

        public override void Dispose() => _store.Dispose();
    }
}
