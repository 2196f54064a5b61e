using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Saving to a disk that is full at any point: the failure is reported, what is saved stays usable, and a file has its old content
/// or the new one.</summary>
public sealed class FailingWriteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("fla")]
    [InlineData("torchscale")]
    [InlineData("llama")]
    public void A_state_that_could_not_be_saved_can_be_saved_again(string family)
    {
        using SyntheticModel model = family switch
        {
            "fla" => SyntheticModel.Fla(),
            "torchscale" => SyntheticModel.TorchScale(),
            _ => SyntheticModel.Llama(),
        };
        using SequenceState state = model.Model.CreateState(new StateOptions { Policy = new Tova(200) });
        SyntheticModel.Feed(state, SyntheticModel.Tokens(300));
        byte[] expected = SyntheticModel.Save(state);
        int writes = FailingStream.FailEach(state.Save, () => Assert.Equal(expected, SyntheticModel.Save(state)));
        Assert.InRange(writes, 4, 1000);
        AssertOldOrNew(state.Save, expected);
    }

    [Fact]
    public void Weights_a_head_an_optimiser_and_a_carried_state_report_each_failing_write()
    {
        using TrainableModel model = SmallModels.CreateTrained("fla");
        using AdamW optimizer = new(model.Parameters, new TrainingOptions());
        using TrainingState state = model.CreateState(2);
        using LanguageModel loaded = SmallModels.Reload(model);
        ScoringHead head = new([1, 2, 3, 4], [5, 6]);
        using MemoryStream file = new();
        SafetensorsWriter.Write(file, model.Tensors);
        file.Position = 0;
        using Checkpoint checkpoint = Checkpoint.FromMemory("memory", "{}"u8.ToArray(), file);
        foreach (Action<Stream> save in (Action<Stream>[])[
            stream => SafetensorsWriter.Write(stream, model.Tensors), stream => SafetensorsWriter.Write(stream, model.Tensors,
                TensorType.BFloat16), checkpoint.WriteWeights, head.Write, optimizer.Save, state.Save])
        {
            using MemoryStream expected = new();
            save(expected);
            int writes = FailingStream.FailEach(save, () =>
            {
                using MemoryStream again = new();
                save(again);
                Assert.Equal(expected.ToArray(), again.ToArray());
            });
            Assert.InRange(writes, 1, 1000);
            AssertOldOrNew(save, expected.ToArray());
        }
    }

    [Fact]
    public void No_file_of_a_folder_is_replaced_when_one_cannot_be_written()
    {
        using TrainableModel old = SmallModels.CreateTrained("fla"), next = SmallModels.CreateTrained("fla-plain");
        ModelDocuments documents = new()
        {
            Configuration = default,
            Tokenizer = "old"u8.ToArray(),
            ChatTemplate = "old"u8.ToArray(),
        };
        old.Save(_folder.Root, documents);
        Dictionary<string, byte[]> before = Contents(_folder.Root);
        TensorSource[] sources = [.. next.Tensors];
        for (int failing = 0; failing < sources.Length; failing++)
        {
            IEnumerable<TensorSource> tensors = sources.Select((source, i) => i == failing
                ? new TensorSource(source.Name, source.Shape, () => throw new IOException("No space left on device"))
                : source);
            Assert.Throws<IOException>(() => ModelFolder.Write(
                _folder.Root, documents with { Configuration = "{}"u8.ToArray(), Tokenizer = "new"u8.ToArray() }, tensors));
            Assert.Equal(before, Contents(_folder.Root));
        }

        // The last document cannot be written: something that is no file has its name.
        Directory.CreateDirectory(_folder["config.json.partial"]);
        Assert.ThrowsAny<Exception>(() => next.Save(_folder.Root, documents with { Tokenizer = "new"u8.ToArray() }));
        Directory.Delete(_folder["config.json.partial"]);
        Assert.Equal(before, Contents(_folder.Root));
        next.Save(_folder.Root, documents with { Tokenizer = "new"u8.ToArray() });
        Assert.Equal("new", File.ReadAllText(_folder["tokenizer.json"]));
    }

    [Fact]
    public void A_model_on_a_full_disk_stays_the_old_one()
    {
        using SmallDisk? disk = SmallDisk.TryMount();
        if (disk is null)
            return;
        using TrainableModel old = SmallModels.CreateTrained("fla"), next = SmallModels.Create("fla", seed: 9);
        ModelDocuments documents = new() { Configuration = default, Tokenizer = new byte[5000], ChatTemplate = new byte[9000] };
        old.Save(disk["model"], documents);
        Dictionary<string, byte[]> before = Contents(disk["model"]);

        int failures = disk.FillAndSave(
            () => next.Save(disk["model"], documents with { Tokenizer = new byte[7000] }),
            () => Assert.Equal(before, Contents(disk["model"])));

        Assert.InRange(failures, 3, 200);
        Assert.Equal(7000, new FileInfo(Path.Combine(disk["model"], "tokenizer.json")).Length);
        using LanguageModel loaded = LanguageModel.Load(disk["model"], new ModelLoadOptions { Threads = 1 });
        using LanguageModel expected = SmallModels.Reload(next);
        Assert.Equal(expected.Info.Fingerprint, loaded.Info.Fingerprint);
    }

    [Fact]
    public void A_training_on_a_full_disk_goes_on_from_its_last_checkpoint()
    {
        using SmallDisk? disk = SmallDisk.TryMount();
        if (disk is null)
            return;
        int[] text = TinyModels.Text(300), held = TinyModels.Text(60, 2);
        TrainingOptions options = new()
        {
            BatchSize = 2,
            ContextLength = 16,
            Steps = 4,
            EvaluateEvery = 2,
            KeepBest = true,
            CheckpointFile = disk["training.checkpoint"],
            CheckpointEvery = 2,
            Resume = true,
        };
        using TrainableModel expected = TinyModels.RetNet();
        new LanguageModelTrainer(expected, options with { CheckpointFile = null, CheckpointEvery = 0, Resume = false }).Train(text, held);

        // The first two steps, with room.
        using CancellationTokenSource cancellation = new();
        using (TrainableModel first = TinyModels.RetNet())
        {
            Assert.Throws<OperationCanceledException>(() => new LanguageModelTrainer(first, options).Train(text, held, new Reports(report =>
            {
                if (report.Step == 2)
                    cancellation.Cancel();
            }), cancellation.Token));
        }

        byte[] before = File.ReadAllBytes(options.CheckpointFile!);
        int failures = disk.FillAndSave(
            () =>
            {
                using TrainableModel model = TinyModels.RetNet(seed: 5);
                new LanguageModelTrainer(model, options).Train(text, held);
                Assert.Equal(TinyModels.Bits(expected.Parameters), TinyModels.Bits(model.Parameters));
            },
            () =>
            {
                Assert.Equal(before, File.ReadAllBytes(options.CheckpointFile!));
                Assert.Single(Directory.EnumerateFiles(disk.Root));
            });
        Assert.InRange(failures, 3, 200);
    }

    /// <summary>Saves to a file whose n-th write fails, for every n.</summary>
    private void AssertOldOrNew(Action<Stream> save, byte[] expected)
    {
        string path = _folder.Write("saved", "old");
        for (int failing = 0; ; failing++)
        {
            bool hasFailed = false;
            Exception? exception = Record.Exception(() => AtomicFile.Write(path, stream =>
            {
                FailingStream failingStream = new(stream, failing);
                try
                {
                    save(failingStream);
                }
                finally
                {
                    hasFailed = failingStream.HasFailed;
                }
            }));
            Assert.Equal(hasFailed, exception is IOException);
            Assert.Single(Directory.EnumerateFiles(_folder.Root));
            if (!hasFailed)
                break;
            Assert.Equal("old", File.ReadAllText(path));
        }

        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    private static Dictionary<string, byte[]> Contents(string folder) =>
        Directory.EnumerateFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
}
