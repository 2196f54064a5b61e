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
    [InlineData(2, Failure.OfDevice, false, true)]
    [InlineData(2, Failure.OfHost, false, true)]
    [InlineData(2, Failure.OfDriver, false, true)]
    [InlineData(2, Failure.OfDriverForGood, false, false)]
    [InlineData(2, Failure.InUpdate, false, false)]
    [InlineData(2, Failure.OfDevice, true, false)]
    [InlineData(2, Failure.OfHost, true, false)]
    [InlineData(0, Failure.OfDevice, false, false)]
    public void What_was_trained_before_memory_ran_out_is_kept_where_it_is_whole(
        int failingStep, Failure failure, bool carryState, bool isKept)
    {
        TrainingOptions options = new()
        {
            Steps = 4,
            CarryState = carryState,
            CheckpointFile = _folder["training.checkpoint"],
            Resume = true
        };
        using (FakeTask failing = new(options, failingStep, failure))
        using (TrainingRun run = new(failing, options, null, CancellationToken.None))
        {
            Assert.IsType(ErrorOf(failure).GetType(), Record.Exception(run.Complete));
        }

        Assert.Equal(isKept, File.Exists(options.CheckpointFile));

        using FakeTask task = new(options, failingStep: null, failure);
        using TrainingRun resumed = new(task, options, null, CancellationToken.None);
        Assert.Equal(4, resumed.Complete().Steps);
        Assert.Equal(isKept ? failingStep : 0, task.FirstStep);
    }

    public enum Failure
    {
        OfDevice,
        OfHost,
        OfDriver,
        OfDriverForGood,
        InUpdate,
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_created_before_memory_ran_out_is_released(bool keepBest)
    {
        // The memory of the best weights, or of the moments of the second parameter.
        TrainingOptions options = new() { Steps = 4, KeepBest = keepBest };
        FailingMemory memory = new(), other = new() { HasRoom = keepBest };
        using FakeTask task = new(options, failingStep: null, Failure.OfHost,
            [new Parameter("x", [1], memory, 0), new Parameter("y", [1 << 22, 1 << 22], other, 0)]);

        Assert.Throws<InsufficientMemoryException>(() => new TrainingRun(task, options, null, CancellationToken.None));

        Assert.Equal((1, keepBest ? 1 : 0), (memory.Released, other.Released));
        memory.Store.Dispose();
        other.Store.Dispose();
    }

    private static Exception ErrorOf(Failure failure) => failure switch
    {
        Failure.OfHost => new InsufficientMemoryException("There is no memory."),
        Failure.OfDriver or Failure.OfDriverForGood => new DeviceException(new ComputeDevice(DeviceKind.Cuda), "CUDA error."),
        _ => new DeviceMemoryException(new ComputeDevice(DeviceKind.Cuda), "Out of memory."),
    };

    /// <summary>One parameter whose gradient is 1.</summary>
    private sealed class FakeTask : TrainingTask
    {
        private readonly FailingMemory _memory = new();
        private readonly int? _failingStep;
        private readonly Failure _failure;

        public FakeTask(TrainingOptions options, int? failingStep, Failure failure, IReadOnlyList<Parameter>? parameters = null)
            : base(options)
        {
            (_failingStep, _failure) = (failingStep, failure);
            Parameters = parameters ?? [new Parameter("x", [1], _memory, 0)];
        }

        public long? FirstStep { get; private set; }

        public override IReadOnlyList<Parameter> Parameters { get; }

        public override WorkerPool? Pool => null;

        public override double ItemsPerEpoch => 1;

        public override int ItemsPerBatch => 1;

        public override bool HasValidation => false;

        public override void ClearGradients() => _memory.Store.ClearGradients();

        public override double Validate(CancellationToken cancellationToken) => 0;

        public override IEnumerable<KeyValuePair<string, string>> Fingerprint() => [];

        public override void Dispose() => _memory.Store.Dispose();

        protected override double Weight(long batch) => 1;

        protected override StepLoss AddGradients(long batch, float share, CancellationToken cancellationToken)
        {
            FirstStep ??= batch;
            _memory.Fails = batch == _failingStep && _failure == Failure.InUpdate;
            _memory.Answers = batch != _failingStep || _failure != Failure.OfDriverForGood;
            if (batch == _failingStep && !_memory.Fails)
                throw ErrorOf(_failure);
            _memory.Store.Parameters[0].Gradient[0] = share;
            return new StepLoss(1, 1);
        }
    }

    /// <summary>The memory of the parameter, whose optimiser may find no room in a step.</summary>
    private sealed class FailingMemory : ParameterMemory
    {
        public ParameterStore Store { get; } = new([WeightDeclaration.Bias("x", 1)]);

        public bool Fails { get; set; }

        /// <summary>Whether values can be read.</summary>
        public bool Answers { get; set; } = true;

        /// <summary>Whether there is memory for moments.</summary>
        public bool HasRoom { get; init; } = true;

        /// <summary>Moments that were disposed.</summary>
        public int Released { get; set; }

        public override void ReadValues(ParameterRange range, Span<float> target)
        {
            if (!Answers)
                throw ErrorOf(Failure.OfDriver);
            Store.ReadValues(range, target);
        }

        public override void WriteValues(ParameterRange range, ReadOnlySpan<float> source) => Store.WriteValues(range, source);

        public override void ReadGradients(ParameterRange range, Span<float> target) => Store.ReadGradients(range, target);

        public override double AddGradientSquares(IReadOnlyList<Parameter> parameters, double sum) =>
            Store.AddGradientSquares(Store.Parameters, sum);

        public override AdamWMoments CreateMoments(IReadOnlyList<Parameter> parameters, TrainingOptions options) =>
            HasRoom ? new FailingMoments(this, Store.CreateMoments(Store.Parameters, options)) : throw ErrorOf(Failure.OfHost);
    }

    private sealed class FailingMoments(FailingMemory memory, AdamWMoments moments) : AdamWMoments
    {
        public override long Length => moments.Length;

        public override void Step(in AdamWStep step)
        {
            if (memory.Fails)
                throw ErrorOf(Failure.InUpdate);
            moments.Step(step);
        }

        public override void Read(AdamWMoment moment, long offset, Span<float> target) => moments.Read(moment, offset, target);

        public override void Write(AdamWMoment moment, long offset, ReadOnlySpan<float> source) => moments.Write(moment, offset, source);

        public override void Dispose()
        {
            memory.Released++;
            moments.Dispose();
        }
    }
}
