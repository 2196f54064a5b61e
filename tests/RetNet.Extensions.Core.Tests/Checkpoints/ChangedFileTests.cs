using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints.Gguf;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Model files that another program changes, while they are loaded and afterwards.</summary>
public sealed class ChangedFileTests : IDisposable
{
    private static readonly int[] Tokens = [0, 300, 1200, 77, 2500, 911, 4000, 42];

    private readonly TemporaryFolder _folder = new();

    /// <summary>Each kind of file with each kind of embedding: one that is the head's, one that is copied because the head was
    /// rounded.</summary>
    public static TheoryData<string, WeightFormat> Kinds
    {
        get
        {
            TheoryData<string, WeightFormat> kinds = [];
            foreach (string kind in (string[])["safetensors", "shards", "gguf"])
            {
                kinds.Add(kind, WeightFormat.Auto);
                kinds.Add(kind, WeightFormat.Int8);
            }

            return kinds;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_loaded_model_does_not_depend_on_its_files(string kind, WeightFormat format)
    {
        string path = Write(kind);
        using LanguageModel model = LanguageModel.Load(path, new ModelLoadOptions { Threads = 1, WeightFormat = format });
        float[] expected = Logits(model);

        foreach (string file in WeightFiles())
        {
            byte[] noise = new byte[new FileInfo(file).Length];
            new Random(1).NextBytes(noise);
            File.WriteAllBytes(file, noise);
        }

        Assert.Equal(expected, Logits(model));
        foreach (string file in WeightFiles())
            Truncate(file, 0);
        Assert.Equal(expected, Logits(model));
        foreach (string file in WeightFiles())
            File.Delete(file);
        Assert.Equal(expected, Logits(model));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_that_is_cut_while_it_is_loaded_is_refused_or_was_read_before(string kind, WeightFormat format)
    {
        // No other program can write to a file that is open there.
        if (OperatingSystem.IsWindows())
            return;
        string path = Write(kind);
        string[] files = [.. WeightFiles()];
        byte[][] contents = [.. files.Select(File.ReadAllBytes)];
        ModelLoadOptions options = new() { Threads = 2, WeightFormat = format };
        float[] expected;
        using (LanguageModel model = LanguageModel.Load(path, options))
            expected = Logits(model);
        Random random = new(3);
        int refused = 0;
        for (int round = 0; round < 25; round++)
        {
            using Barrier start = new(2);
            int which = random.Next(files.Length), wait = random.Next(40_000);
            long length = random.NextInt64(contents[which].Length);
            Thread cut = new(() =>
            {
                start.SignalAndWait();
                Thread.SpinWait(wait);
                Truncate(files[which], length);
            });
            cut.Start();
            start.SignalAndWait();
            try
            {
                using LanguageModel model = LanguageModel.Load(path, options);
                Assert.Equal(expected, Logits(model));
            }
            catch (CheckpointException e)
            {
                Assert.Equal(files[which], e.File);
                refused++;
            }

            cut.Join();
            File.WriteAllBytes(files[which], contents[which]);
        }

        Assert.InRange(refused, 1, 25);
    }

    [Theory]
    [InlineData("safetensors")]
    [InlineData("gguf")]
    public void What_is_read_of_a_file_that_has_changed_is_refused_with_what_was_there(string kind)
    {
        if (OperatingSystem.IsWindows())
            return;
        using Checkpoint checkpoint = Checkpoint.Open(Write(kind));
        TensorView first = checkpoint.Tensors["model.norm.weight"];
        float[] values = new float[first.ElementCount];
        first.CopyTo(values);
        string file = Assert.Single(WeightFiles());
        long length = new FileInfo(file).Length;

        // As long as before.
        using (FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.Write([0]);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(1));
        CheckpointException changed = Assert.Throws<CheckpointException>(() => first.CopyTo(values));
        Assert.Equal(file, changed.File);
        Assert.Contains($"found {length} bytes written at", changed.Message, StringComparison.Ordinal);
        Assert.Contains($"where there were {length} bytes written at", changed.Message, StringComparison.Ordinal);

        Truncate(file, 100);
        CheckpointException cut = Assert.Throws<CheckpointException>(() => checkpoint.WriteWeights(Stream.Null));
        Assert.Contains("found 100 bytes written at", cut.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_may_be_replaced_while_it_is_read()
    {
        string path = Write("safetensors");
        string file = Assert.Single(WeightFiles());
        using Checkpoint checkpoint = Checkpoint.Open(path);
        AtomicFile.Write(file, "another file"u8.ToArray());
        using LanguageModel model = LanguageModel.Load(checkpoint.Share(), new ModelLoadOptions { Threads = 1 });
        Assert.NotEmpty(Logits(model));
    }

    [Fact]
    public void Embeddings_are_held_once_where_the_head_has_the_same_numbers()
    {
        string path = Write("safetensors");
        using LanguageModel same = LanguageModel.Load(path, new ModelLoadOptions { Threads = 1, WeightFormat = WeightFormat.BFloat16 });
        using LanguageModel rounded = LanguageModel.Load(path, new ModelLoadOptions { Threads = 1, WeightFormat = WeightFormat.Int8 });
        Assert.Equal(same.Info.WeightBytes, same.Info.WeightBytesPerToken);
        long embedding = 2L * rounded.Info.VocabularySize * rounded.Info.Width;
        Assert.Equal(rounded.Info.WeightBytes, rounded.Info.WeightBytesPerToken + embedding);
    }

    private static void Truncate(string file, long length)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.SetLength(length);
    }

    private static float[] Logits(LanguageModel model)
    {
        using SequenceState state = model.CreateState();
        return SyntheticModel.Feed(state, Tokens, ForwardOutput.LastLogits);
    }

    private IEnumerable<string> WeightFiles() =>
        Directory.EnumerateFiles(_folder.Root).Where(file => !file.EndsWith(".json", StringComparison.Ordinal)).Order();

    /// <summary>Writes a copy of the embedded Llama.</summary>
    /// <returns>What to load.</returns>
    private string Write(string kind)
    {
        if (kind == "gguf")
            return _folder.Write("model.gguf", GgufModelTests.Convert(GgufBytes.BF16).ToArray());
        File.Copy(Path.Combine(GgufModelTests.Folder, "config.json"), _folder["config.json"]);
        if (kind == "safetensors")
        {
            File.Copy(Path.Combine(GgufModelTests.Folder, "model.safetensors"), _folder["model.safetensors"]);
            return _folder.Root;
        }

        using Checkpoint checkpoint = Checkpoint.Open(GgufModelTests.Folder);
        Dictionary<string, string> shards = [];
        foreach ((
            string file, TensorView[] tensors) in checkpoint.Tensors.Values.Chunk(30).Select((part, i) => ($"part{i}.safetensors", part)))
        {
            using FileStream stream = File.Create(_folder[file]);
            Core.Checkpoints.Safetensors.SafetensorsWriter.Write(
                stream, tensors.Select(tensor => tensor.ToSource()), TensorType.BFloat16);
            foreach (TensorView tensor in tensors)
                shards[tensor.Name] = file;
        }

        _folder.Write("model.safetensors.index.json",
            System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object> { ["weight_map"] = shards }));
        return _folder.Root;
    }
}
