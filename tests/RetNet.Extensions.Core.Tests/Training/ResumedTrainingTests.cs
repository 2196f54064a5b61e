using System.Collections;
using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

public sealed class ResumedTrainingTests : IDisposable
{
    private const int Steps = 7;

    private static readonly int[] Text = TinyModels.Text(300);
    private static readonly int[] Held = TinyModels.Text(60, 2);

    private readonly TemporaryFolder _folder = new();

    private TrainingOptions Options => new()
    {
        BatchSize = 3,
        ContextLength = 16,
        Steps = Steps,
        AccumulationSteps = 2,
        LearningRate = 1e-2,
        Dropout = 0.1f,
        EvaluateEvery = 3,
        KeepBest = true,
        CheckpointFile = _folder["training.checkpoint"],
        CheckpointEvery = 2,
        Resume = true,
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_run_interrupted_at_any_step_ends_as_the_uninterrupted_one(bool carryState, bool isKilled)
    {
        TrainingOptions options = Options with { CarryState = carryState };
        using TrainableModel expected = TinyModels.RetNet();
        TrainingResult whole = new LanguageModelTrainer(
            expected, options with { CheckpointFile = null, CheckpointEvery = 0, Resume = false }).Train(Text, Held);

        for (int step = 1; step < Steps; step++)
        {
            File.Delete(options.CheckpointFile!);
            Interrupt(options, step, isKilled);
            using TrainableModel model = TinyModels.RetNet(seed: 5);
            TrainingResult resumed = new LanguageModelTrainer(step == 1 && isKilled ? Reset(model) : model, options).Train(Text, Held);
            Assert.Equal(whole.History, resumed.History);
            Assert.Equal((whole.ResultStep, whole.ValidationLoss, whole.Tokens),
                (resumed.ResultStep, resumed.ValidationLoss, resumed.Tokens));
            Assert.Equal(TinyModels.Bits(expected.Parameters), TinyModels.Bits(model.Parameters));
        }
    }

    [Fact]
    public void A_finished_run_is_finished_again()
    {
        using TrainableModel model = TinyModels.RetNet();
        TrainingResult first = new LanguageModelTrainer(model, Options).Train(Text, Held);
        using TrainableModel other = TinyModels.RetNet(seed: 2);
        TrainingResult second = new LanguageModelTrainer(other, Options).Train(Text, Held);
        Assert.Equal(first.History, second.History);
        Assert.Equal(TinyModels.Bits(model.Parameters), TinyModels.Bits(other.Parameters));
    }

    [Fact]
    public void A_token_cancelled_inside_a_step_loses_that_step_only()
    {
        using CancellationTokenSource cancellation = new();
        using TrainableModel model = TinyModels.RetNet();
        Assert.Throws<OperationCanceledException>(() => new LanguageModelTrainer(model, Options).Train(Text, Held, new Reports(report =>
        {
            if (report.Step == 5)
                cancellation.Cancel();
        }), cancellation.Token));
        using TrainableModel other = TinyModels.RetNet();
        Reports reports = new();
        new LanguageModelTrainer(other, Options).Train(Text, Held, reports);
        Assert.Equal([6, 7], reports.All.Select(report => report.Step));
    }

    [Fact]
    public void Another_training_is_not_resumed()
    {
        Interrupt(Options, 3, isKilled: false);
        AssertRefused(Options with { BatchSize = 4 }, Text, Held, "'BatchSize': found '3'; expected '4'");
        AssertRefused(Options with { Seed = 2 }, Text, Held, "'Seed': found '1'; expected '2'");
        AssertRefused(Options, [.. Text, 1], Held, "'data': found another data; expected the data of the resumed training");
        AssertRefused(Options, Text, [.. Held, 1], "'validation data'");
        using TrainableModel llama = TinyModels.Llama();
        Assert.Contains(
            "'model'", Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(llama,
                Options).Train(Text, Held)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_checkpoint_is_refused()
    {
        Interrupt(Options, 3, isKilled: false);
        byte[] whole = File.ReadAllBytes(Options.CheckpointFile!);
        for (int length = 0; length < whole.Length; length += 1 + (length < 2000 ? 37 : 997))
        {
            File.WriteAllBytes(Options.CheckpointFile!, whole[..length]);
            using TrainableModel model = TinyModels.RetNet();
            Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(model, Options).Train(Text, Held));
        }

        byte[] header = [.. whole];
        header[20] = 0x7F;
        AssertDamaged(header);
        AssertDamaged(Seal(header));
    }

    [Fact]
    public void Any_changed_byte_of_a_checkpoint_is_noticed()
    {
        Interrupt(Options, 3, isKilled: false);
        byte[] whole = File.ReadAllBytes(Options.CheckpointFile!);
        for (int at = 0; at < whole.Length; at += 1 + (whole.Length / 300))
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(1 << (at % 8));
            AssertDamaged(damaged);
        }

        // A bit of the last moment: nothing but the hash tells that from another number.
        whole[^(SHA256.HashSizeInBytes + 1)] ^= 1;
        AssertDamaged(whole, "damage: the SHA-256");
        AssertDamaged(Seal([.. whole[..^SHA256.HashSizeInBytes], 1, 2, 3, .. whole[^SHA256.HashSizeInBytes..]]),
            "3 bytes behind its content");
    }

    [Fact]
    public void A_loss_that_is_no_number_leaves_the_last_checkpoint()
    {
        using TrainableModel model = TinyModels.RetNet();
        byte[] good = [];
        TrainingException exception = Assert.Throws<TrainingException>(() => new LanguageModelTrainer(model, Options).Train(Text, Held,
            new Reports(report =>
        {
            if (report.Step != 5)
                return;
            good = File.ReadAllBytes(Options.CheckpointFile!);
            model.Parameters[0].Values.Fill(float.NaN);
        })));
        Assert.Equal(6, exception.Step);
        Assert.Contains(Options.CheckpointFile!, exception.Message, StringComparison.Ordinal);
        Assert.Equal(good, File.ReadAllBytes(Options.CheckpointFile!));

        TrainingOptions careful = Options with
        {
            LearningRate = 1e-3,
            MinimumLearningRate = 1e-4,
            WarmupSteps = 6,
            Schedule = LearningRateDecay.Linear,
            ClipNorm = 0.1
        };
        TrainingResult resumed = new LanguageModelTrainer(model, careful).Train(Text, Held);
        Assert.Equal((Steps, 1e-2), (resumed.History.Count, resumed.History[0].LearningRate));
        Assert.InRange(resumed.History[^1].LearningRate, 1e-4, 1e-3);
    }

    [Fact]
    public void A_loss_that_is_no_number_does_not_name_the_file_of_another_training()
    {
        File.WriteAllText(Options.CheckpointFile!, "of last week");
        using TrainableModel model = TinyModels.RetNet();
        model.Parameters[0].Values.Fill(float.NaN);

        TrainingException exception = Assert.Throws<TrainingException>(
            () => new LanguageModelTrainer(model, Options with { Resume = false }).Train(Text, Held));

        Assert.DoesNotContain(Options.CheckpointFile!, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_time_limit_may_come_or_go(bool hadLimit, bool getsLimit)
    {
        TrainingOptions endless = Options with { Steps = null, Epochs = 1e6, TimeLimit = TimeSpan.FromDays(1) };
        TrainingOptions whole = Options with { Steps = null, Epochs = 1 };
        Interrupt(hadLimit ? endless : whole, 2, isKilled: false);
        using TrainableModel model = TinyModels.RetNet();

        TrainingResult resumed = new LanguageModelTrainer(
            model, getsLimit ? endless with { TimeLimit = TimeSpan.FromTicks(1) } : whole).Train(Text, Held);

        Assert.Equal(getsLimit ? (TrainingEnd.TimeLimit, 2) : (TrainingEnd.Completed, 4), (resumed.End, resumed.Steps));
    }

    [Fact]
    public void Epochs_are_compared_where_they_alone_end_a_training()
    {
        Interrupt(Options with { Steps = null, Epochs = 1 }, 2, isKilled: false);
        AssertRefused(Options with { Steps = null, Epochs = 2 }, Text, Held, "'Epochs': found '1'; expected '2'");
    }

    [Fact]
    public void A_model_that_learns_from_texts_longer_than_its_context_is_resumed_as_itself_and_as_it_was()
    {
        TrainingOptions options = Options with { ContextLength = 100, Steps = 2 };
        using CancellationTokenSource cancellation = new();
        using TrainableModel model = TinyModels.Llama(), same = TinyModels.Llama();
        Assert.Throws<OperationCanceledException>(() => new LanguageModelTrainer(model, options).Train(
            Text, Held, new Reports(_ => cancellation.Cancel()), cancellation.Token));

        Assert.Equal(2, new LanguageModelTrainer(model, options).Train(Text, Held).Steps);

        // Nothing is left to do; the configuration is that of the run all the same.
        Assert.Equal(2, new LanguageModelTrainer(same, options).Train(Text, Held).Steps);
        Assert.Equal(model.ConfigurationJson(), same.ConfigurationJson());
        Assert.Contains("\"max_position_embeddings\": 100", same.ConfigurationJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_are_hashed_once()
    {
        using TrainableModel model = TinyModels.RetNet();
        CountedDocuments documents = new([Text]);
        List<int> counts = [];
        new LanguageModelTrainer(model, Options with { CheckpointEvery = 1 })
            .Train(documents, [Held], new Reports(_ => counts.Add(documents.Readings)));
        Assert.Equal(counts[0], counts[^1]);
    }

    [Theory]
    [InlineData("\"tokens\":", "-1")]
    [InlineData("\"tokens\":", "9223372036854775807")]
    [InlineData("\"ticks\":", "-5")]
    [InlineData("\"ticks\":", "9223372036854775807")]
    public void A_number_out_of_range_is_refused(string before, string number)
    {
        Interrupt(Options, 3, isKilled: false);
        byte[] whole = File.ReadAllBytes(Options.CheckpointFile!);
        int begin = whole.AsSpan().IndexOf("{"u8), length = BitConverter.ToInt32(whole, begin - 4);
        string header = Encoding.UTF8.GetString(whole, begin, length);
        int at = header.IndexOf(before, StringComparison.Ordinal) + before.Length;
        header = header[..at] + number + header[header.IndexOf(',', at)..];
        byte[] changed = Seal([.. whole[..(begin - 4)], .. BitConverter.GetBytes(header.Length), .. Encoding.UTF8.GetBytes(header),
            .. whole[(begin + length)..]]);
        AssertDamaged(changed);
    }

    [Fact]
    public void A_history_that_no_training_wrote_is_refused()
    {
        Interrupt(Options, 3, isKilled: false);
        byte[] whole = File.ReadAllBytes(Options.CheckpointFile!);
        int begin = whole.AsSpan().IndexOf("{"u8), history = begin + BitConverter.ToInt32(whole, begin - 4);
        Assert.Equal(3, BitConverter.ToInt64(whole, history));

        AssertDamaged(With(BitConverter.GetBytes(-1L), history), "a history of -1 steps");
        AssertDamaged(With(BitConverter.GetBytes(long.MaxValue), history), "a history of 9223372036854775807 steps");
        AssertDamaged(With(BitConverter.GetBytes(double.PositiveInfinity), history + 8), "a number of step 1 that is not finite");
        AssertDamaged(With(BitConverter.GetBytes(double.NaN), history + 8 + 32 + 16), "a number of step 2 that is not finite");

        byte[] With(byte[] value, int at) => Seal([.. whole[..at], .. value, .. whole[(at + value.Length)..]]);
    }

    [Fact]
    public void A_checkpoint_of_an_earlier_version_is_refused_with_both_versions()
    {
        File.WriteAllText(Options.CheckpointFile!, "RetNet training 2\n" + new string('x', 100));
        using TrainableModel model = TinyModels.RetNet();
        Assert.Contains("found version 2 of a training's checkpoint; expected version 3", Assert.Throws<CheckpointException>(
            () => new LanguageModelTrainer(model, Options).Train(Text, Held)).Message, StringComparison.Ordinal);
    }

    /// <summary>A checkpoint with the hash of its content, whatever that is.</summary>
    private static byte[] Seal(byte[] checkpoint)
    {
        byte[] content = checkpoint[..^SHA256.HashSizeInBytes];
        return [.. content, .. SHA256.HashData(content)];
    }

    private void AssertDamaged(byte[] checkpoint, string message = "")
    {
        File.WriteAllBytes(Options.CheckpointFile!, checkpoint);
        using TrainableModel model = TinyModels.RetNet();
        CheckpointException exception = Assert.Throws<CheckpointException>(
            () => new LanguageModelTrainer(model, Options).Train(Text, Held));
        Assert.StartsWith(Options.CheckpointFile!, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Counts the passes over all documents.</summary>
    private sealed class CountedDocuments(ReadOnlyMemory<int>[] documents) : IReadOnlyList<ReadOnlyMemory<int>>
    {
        public int Readings { get; private set; }

        public int Count => documents.Length;

        public ReadOnlyMemory<int> this[int index] => documents[index];

        public IEnumerator<ReadOnlyMemory<int>> GetEnumerator()
        {
            Readings++;
            return documents.AsEnumerable().GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Ends a run after a step: by cancellation, or suddenly, as a process that is killed.</summary>
    private static void Interrupt(TrainingOptions options, int step, bool isKilled)
    {
        using CancellationTokenSource cancellation = new();
        using TrainableModel model = TinyModels.RetNet();
        Reports reports = new(report =>
        {
            if (report.Step < step)
                return;
            if (isKilled)
                throw new TimeoutException("killed");
            cancellation.Cancel();
        });
        Exception? exception = Record.Exception(() => new LanguageModelTrainer(model, options).Train(Text, Held, reports,
            cancellation.Token));
        Assert.IsAssignableFrom(isKilled ? typeof(TimeoutException) : typeof(OperationCanceledException), exception);
    }

    // A run that was killed before its first checkpoint starts over with its initial weights.
    private static TrainableModel Reset(TrainableModel model)
    {
        using TrainableModel fresh = TinyModels.RetNet();
        foreach ((Parameter from, Parameter to) in fresh.Parameters.Zip(model.Parameters))
            from.Values.CopyTo(to.Values);
        return model;
    }

    private static void AssertRefused(TrainingOptions options, int[] text, int[] held, string message)
    {
        using TrainableModel model = TinyModels.RetNet();
        Assert.Contains(
            message, Assert.Throws<CheckpointException>(() => new LanguageModelTrainer(model,
                options).Train(text, held)).Message, StringComparison.Ordinal);
    }
}
