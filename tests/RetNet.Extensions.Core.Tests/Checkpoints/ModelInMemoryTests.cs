using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public class ModelInMemoryTests
{
    private static readonly string Folder = Path.Combine(RepositoryFiles.Models, "retnet-tinystories");

    [Fact]
    public void A_model_from_memory_computes_what_the_folder_s_model_computes()
    {
        using TextModel expected = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        using FileStream weights = File.OpenRead(Path.Combine(Folder, "model.safetensors"));
        using TextModel model = TextModel.FromMemory("zip", ModelDocuments.Read(Folder), weights, new ModelLoadOptions { Threads = 1 });

        Assert.Equal("zip", model.Name);
        Assert.Equal(expected.Tokenizer.EndOfSequenceId, model.Tokenizer.EndOfSequenceId);
        Assert.Equal(expected.DefaultOptions.StopTokens, model.DefaultOptions.StopTokens);
        Assert.NotNull(model.ChatTemplate);
        Assert.Equal(Logits(expected), Logits(model));
    }

    [Fact]
    public void A_prompt_without_text_is_the_token_that_begins_or_ends_a_text()
    {
        using TextModel model = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });

        Assert.Equal(model.Tokenizer.Encode("Once"), model.EncodePrompt("Once"));
        Assert.Equal([(model.BeginningOfSequenceId ?? model.EndOfSequenceId)!.Value], model.EncodePrompt(""));
    }

    [Fact]
    public void A_written_folder_is_the_model_that_was_read()
    {
        using TemporaryFolder folder = new();
        using (Checkpoint checkpoint = Checkpoint.Open(Folder))
            ModelFolder.Write(folder["copy"], ModelDocuments.Read(Folder), checkpoint.Tensors.Values.Select(Source), TensorType.BFloat16);

        using TextModel expected = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        using TextModel copy = TextModel.Load(folder["copy"], new ModelLoadOptions { Threads = 1 });
        Assert.Equal(Logits(expected), Logits(copy));
        Assert.Equal(
            ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
            Directory.EnumerateFiles(folder["copy"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_stream_that_ends_early_names_the_model()
    {
        byte[] whole = SafetensorsBytes.File(SafetensorsBytes.OneTensor, 24);
        for (int length = 0; length < whole.Length; length++)
        {
            CheckpointException exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(
                new MemoryStream(whole, 0, length), "model.zip/weights"));
            Assert.StartsWith("model.zip/weights: ", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_promised_size_is_not_allocated()
    {
        const string header = """{"w":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}""";
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(new MemoryStream(SafetensorsBytes.File(header, 100)), "memory"));
    }

    [Fact]
    public void Parts_at_fault_are_named_as_in_a_folder()
    {
        ModelDocuments documents = new() { Configuration = "[]"u8.ToArray(), Tokenizer = "{}"u8.ToArray() };
        TokenizerException tokenizer = Assert.Throws<TokenizerException>(() => Tokenizer.Parse(documents, "zip"));
        Assert.Equal("zip/tokenizer.json", tokenizer.FileName);
        Assert.Throws<TokenizerException>(() => Tokenizer.Parse(documents with { Tokenizer = default }, "zip"));
        CheckpointException configuration = Assert.Throws<CheckpointException>(() => Checkpoint.FromMemory("zip", documents.Configuration,
            Stream.Null));
        Assert.Equal("zip/config.json", configuration.File);
        CheckpointException weights = Assert.Throws<CheckpointException>(() => Checkpoint.FromMemory("zip", "{}"u8.ToArray(), Stream.Null));
        Assert.Equal("zip/model.safetensors", weights.File);
    }

    [Fact]
    public void An_interrupted_write_leaves_the_old_file()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.bin", "old");
        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("ne"u8);
            throw new InvalidDataException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        File.WriteAllText(path + ".partial", "left by a killed process");
        AtomicFile.Write(path, "new"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Single(Directory.EnumerateFiles(folder.Root));
    }

    [Fact]
    public void Another_writers_file_stays()
    {
        using TemporaryFolder folder = new();
        string path = folder["model.bin"];
        using (new FileStream(path + ".partial", FileMode.Create, FileAccess.Write, FileShare.None))
            Assert.Throws<IOException>(() => AtomicFile.Write(path, "late"u8.ToArray()));
        Assert.True(File.Exists(path + ".partial"));
    }

    private static TensorSource Source(TensorView tensor)
    {
        float[] values = new float[tensor.ElementCount];
        tensor.CopyTo(values);
        return new TensorSource(tensor.Name, [.. tensor.Shape.ToArray().Select(dimension => (int)dimension)], () => values);
    }

    private static float[] Logits(TextModel model)
    {
        using SequenceState state = model.Model.CreateState();
        return SyntheticModel.Feed(state, model.Tokenizer.Encode("Once upon a time"), ForwardOutput.LastLogits);
    }
}
