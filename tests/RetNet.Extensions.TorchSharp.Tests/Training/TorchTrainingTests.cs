using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.TorchSharp.Training;

namespace RetNet.Extensions.TorchSharp.Tests.Training;

/// <summary>Whole trainings on libtorch.</summary>
public sealed class TorchTrainingTests : IDisposable
{
    private static readonly int[] Text = TinyModels.Text(300);
    private static readonly int[] Held = TinyModels.Text(60, 2);

    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-training-").FullName;

    private TrainingOptions Options => new()
    {
        BatchSize = 3,
        ContextLength = 16,
        Steps = 4,
        AccumulationSteps = 2,
        LearningRate = 1e-2,
        Dropout = 0.1f,
        KeepBest = true,
        EvaluateEvery = 1,
        CheckpointFile = Path.Combine(_folder, "training.checkpoint"),
        Resume = true,
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TorchTheory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void A_run_that_is_interrupted_on_one_engine_goes_on_on_the_other(bool beginsOnTorch, bool carryState)
    {
        TrainingOptions options = Options with { CarryState = carryState };
        using TrainableModel whole = TinyModels.RetNet();
        TrainingResult expected = new LanguageModelTrainer(whole, options with { CheckpointFile = null, Resume = false }).Train(Text, Held);

        using (TrainableModel model = Create(beginsOnTorch, seed: 1))
            Interrupt(model, options);

        using TrainableModel resumed = Create(!beginsOnTorch, seed: 5);
        TrainingResult actual = new LanguageModelTrainer(resumed, options).Train(Text, Held);
        Assert.Equal(4, actual.History.Count);
        foreach ((TrainingPoint e, TrainingPoint a) in expected.History.Zip(actual.History))
        {
            Assert.Equal(e.Loss, a.Loss, 1e-4);
            Assert.Equal(e.ValidationLoss!.Value, a.ValidationLoss!.Value, 1e-4);
            Assert.Equal(e.GradientNorm, a.GradientNorm, 1e-3);
        }
    }

    [TorchTheory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Mixed_precision_lowers_the_loss(bool isLlama, bool carryState)
    {
        TrainingOptions options = Options with
        {
            Steps = 40,
            AccumulationSteps = 1,
            Precision = TrainingPrecision.BFloat16,
            CarryState = carryState
        };
        using TrainableModel model = (isLlama ? TinyModels.Llama() : TinyModels.RetNet()).ToDevice(Models.Torch);
        double before = new LanguageModelTrainer(model, options).Evaluate([Held]);

        TrainingResult result = new LanguageModelTrainer(model, options).Train(Text, Held);

        Assert.InRange(result.ValidationLoss!.Value, 0, before - 0.3);
    }

    [TorchTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_in_mixed_precision_goes_on_in_full_precision_on_the_CPU_and_the_other_way_round(bool beginsMixed)
    {
        using (TrainableModel begun = Create(beginsMixed, seed: 1))
            Interrupt(begun, Options with { Precision = Precision(beginsMixed) });
        using TrainableModel resumed = Create(!beginsMixed, seed: 5);
        TrainingResult result = new LanguageModelTrainer(resumed, Options with { Precision = Precision(!beginsMixed) }).Train(Text, Held);

        using TrainableModel whole = TinyModels.RetNet();
        TrainingResult expected = new LanguageModelTrainer(whole, Options with { CheckpointFile = null, Resume = false }).Train(Text, Held);
        Assert.Equal(4, result.History.Count);
        Assert.Equal(expected.ValidationLoss!.Value, result.ValidationLoss!.Value, 0.1);

        static TrainingPrecision Precision(bool isMixed) => isMixed ? TrainingPrecision.BFloat16 : TrainingPrecision.Float32;
    }

    [Xunit.Theory]
    [InlineData(32_000, 4_096, 5_000, false, 262)]
    [InlineData(128_000, 4_096, 5_000, false, 65)]
    [InlineData(128_000, 4_096, 5_000, true, 1024)]
    [InlineData(128_000, 512, 5_000, true, 512)]
    [InlineData(1_000, 4_096, 5_000, true, 5_000)]
    [InlineData(128_000, 4_096, 300, true, 300)]
    public void A_GPU_writes_the_heads_gradient_for_many_rows_at_once(
        long vocabulary, long width, int rows, bool writesOnGpu, long expected) =>
        Assert.Equal(expected, TorchLanguageModelLoss.RowsPerBlock(vocabulary, width, rows, writesOnGpu));

    [TorchFact]
    public void Mixed_precision_computes_nearly_the_same_loss()
    {
        using TrainableModel model = SmallModels.CreateTrained("fla").ToDevice(Models.Torch);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        double full = model.Loss(new TrainingBatch(tokens, lengths), targets);
        double mixed = model.Loss(new TrainingBatch(tokens, lengths) { Precision = TrainingPrecision.BFloat16 }, targets);
        Assert.NotEqual(full, mixed);
        Assert.Equal(full, mixed, 0.1);
    }

    [TorchFact]
    public void Dropout_follows_its_seed_and_keeps_the_mean()
    {
        using TrainableModel model = SmallModels.Create("fla").ToDevice(Models.Torch);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch(200, 300);
        double Loss(float dropout, ulong seed) =>
            model.Loss(new TrainingBatch(tokens, lengths) { Dropout = dropout, DropoutSeed = seed }, targets);
        double without = Loss(0, 1), first = Loss(0.2f, 1);

        Assert.Equal(first, Loss(0.2f, 1));
        Assert.NotEqual(first, Loss(0.2f, 2));
        Assert.NotEqual(first, without);
        Assert.Equal(without, first, 0.3);
    }

    [TorchFact]
    public void Cancellation_is_observed_and_leaves_the_weights()
    {
        using TrainableModel model = SmallModels.Create("llama").ToDevice(Models.Torch);
        float[] before = model.Parameters[0].ReadValues();
        Assert.Throws<OperationCanceledException>(() => model.Step(
            new TrainingBatch([1, 2], [2]) { CancellationToken = new CancellationToken(true) }, [2, 3]));
        Assert.Equal(before, model.Parameters[0].ReadValues());
        Assert.Throws<OperationCanceledException>(() => model.Forward(new TrainingBatch([1, 2],
            [2])
        { CancellationToken = new CancellationToken(true) }).Length);
        Assert.Throws<InvalidOperationException>(() => model.Backward([]));
    }

    [TorchFact]
    public void Measuring_a_sequence_head_keeps_nothing_for_a_backward_pass()
    {
        using TrainableModel model = SmallModels.CreateTrained("fla").ToDevice(Models.Torch);
        using SequenceHead head = new(model.Width, 1, seed: 1);
        long before = Tensor.TotalCount;
        head.Loss(model, new TrainingBatch([1, 2], [2]), [1], SequenceLoss.Logistic);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.Throws<InvalidOperationException>(() => model.Backward(new float[2 * model.Width]));
    }

    [TorchTheory]
    [InlineData("fla")]
    [InlineData("torchscale-gelu")]
    [InlineData("mistral-window")]
    public void Training_leaves_no_tensor_behind(string name) => TensorCount.AssertStays(() => Train(name));

    [TorchFact]
    public void Memory_that_runs_out_outside_a_pass_is_the_same_error()
    {
        using TrainableModel model = SmallModels.Create("fla").ToDevice(Models.Torch);
        TorchParameterStore store = (TorchParameterStore)model.Parameters[0].Memory;

        DeviceMemoryException exception = Assert.Throws<DeviceMemoryException>(
            () => store.Guard(1L << 50, length => { torch.zeros(length); }));

        Assert.Contains("Out of memory on torch: weights, gradients", exception.Message, StringComparison.Ordinal);
    }

    private static void Train(string name)
    {
        using TrainableModel model = SmallModels.CreateTrained(name).ToDevice(Models.Torch);
        using AdamW optimizer = new(model.Parameters, new TrainingOptions());
        using SequenceHead head = new(model.Width, 1, seed: 1);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        long[] counts = new long[3];
        for (int step = 0; step < counts.Length; step++)
        {
            model.Step(new TrainingBatch(tokens, lengths) { Dropout = 0.1f }, targets);
            head.Step(model, new TrainingBatch(tokens, lengths), [1, 0], SequenceLoss.Logistic);
            model.Loss(new TrainingBatch(tokens, lengths), targets);
            Assert.Throws<OperationCanceledException>(() => model.Step(
                new TrainingBatch(tokens, lengths) { CancellationToken = new CancellationToken(true) }, targets));
            GradientNorm.Compute(model.Parameters);
            optimizer.Step(1e-3);
            model.ClearGradients();
            model.Parameters[0].ReadValues();
            counts[step] = Tensor.TotalCount;
        }

        Assert.Equal(counts[1], counts[2]);
        model.Forward(new TrainingBatch(tokens, lengths));
    }

    /// <summary>Ends a training after its second step.</summary>
    private static void Interrupt(TrainableModel model, TrainingOptions options)
    {
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() => new LanguageModelTrainer(model, options).Train(Text, Held,
            new CallbackProgress(report =>
        {
            if (report.Step == 2)
                cancellation.Cancel();
        }), cancellation.Token));
    }

    private static TrainableModel Create(bool onTorch, int seed) => onTorch
        ? TinyModels.RetNet(seed).ToDevice(Models.Torch)
        : TinyModels.RetNet(seed);

    /// <summary>Calls back at once, on the same thread.</summary>
    private sealed class CallbackProgress(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
