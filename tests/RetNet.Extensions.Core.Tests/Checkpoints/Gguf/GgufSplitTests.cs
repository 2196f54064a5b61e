using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>A model in several GGUF files, as llama-gguf-split writes them, is the model of one file.</summary>
public class GgufSplitTests
{
    private const int Count = 3;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_part_opens_the_whole_model(int opened)
    {
        using TemporaryFolder folder = new();
        string whole = folder.Write("whole.gguf", GgufModels.Metadata().WithWeights().ToArray());
        string[] paths = Write(folder, Parts());

        using Checkpoint expected = Checkpoint.Open(whole);
        using Checkpoint found = Checkpoint.Open(paths[opened]);

        Assert.Equal(expected.Configuration.GetRawText(), found.Configuration.GetRawText());
        Assert.Equal(expected.Tensors.Keys.Order(), found.Tensors.Keys.Order());
        foreach ((string name, TensorView tensor) in expected.Tensors)
        {
            float[] values = new float[tensor.ElementCount], split = new float[tensor.ElementCount];
            tensor.CopyTo(values);
            found.Tensors[name].CopyTo(split);
            Assert.Equal(values, split);
        }

        using LanguageModel model = LanguageModel.Load(paths[opened]);
        Assert.Equal(5, model.Info.VocabularySize);
    }

    [Fact]
    public void The_name_of_a_model_has_no_number_of_a_part()
    {
        Assert.Equal("Story-4M", GgufFile.NameOf("models/Story-4M-00002-of-00003.gguf"));
        Assert.Equal("Story-4M", GgufFile.NameOf("models/Story-4M.gguf"));
    }

    [Fact]
    public void Missing_parts_are_named()
    {
        using TemporaryFolder folder = new();
        string[] paths = Write(folder, Parts());
        File.Delete(paths[0]);
        File.Delete(paths[2]);

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(paths[1]));

        Assert.Equal(paths[1], exception.File);
        Assert.Contains("no model-00001-of-00003.gguf, model-00003-of-00003.gguf beside it", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, byte[], string> Contradictions => new()
    {
        { "another number", 1, Part(2).ToArray(), "option 'split.no': found '2'; expected 1" },
        { "another count", 2, Part(2, count: 4).ToArray(), "option 'split.count': found '4'; expected 3" },
        { "no number", 1, new GgufBytes().ToArray(), "option 'split.no': found nothing; expected 1" },
        { "fewer tensors than stated", 1, Part(1).ToArray(), "option 'split.tensors.count': found '21'; expected 12" },
        { "more tensors than stated", 2, Part(2).WithTensorsOf(new GgufBytes().WithWeights(), _ => true).ToArray(), "expected 30" },
        { "a part that is not one", 2, new GgufBytes { Version = 9 }.ToArray(), "found version 9" },
        { "a count without a number", 0, new GgufBytes().With("split.count", 3).ToArray(), "'split.no': found nothing" },
        { "too many parts", 0, Part(0, count: 5000).ToArray(), "an integer from 0 to 1024" },
        { "a number beyond the count", 0, Part(7).ToArray(), "an integer from 0 to 2" },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Parts_that_contradict_each_other_are_refused(string what, int part, byte[] content, string message)
    {
        using TemporaryFolder folder = new();
        string[] paths = Write(folder, Parts());
        File.WriteAllBytes(paths[part], content);

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(paths[0]));

        Assert.True(exception.Message.Contains(message, StringComparison.Ordinal), $"{what}: {exception.Message}");
    }

    [Fact]
    public void A_tensor_in_two_parts_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        GgufBytes first = new GgufBytes().With("split.no", 0).With("split.count", 2).WithFloats("w", [1], 1);
        GgufBytes second = new GgufBytes().With("split.no", 1).With("split.count", 2).WithFloats("w", [1], 1);
        folder.Write("m-00001-of-00002.gguf", first.ToArray());
        string path = folder.Write("m-00002-of-00002.gguf", second.ToArray());

        Assert.Contains("tensor 'w': found a tensor that another part has, too; expected one of that name",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.gguf")]
    [InlineData("model-00002-of-00003.gguf")]
    [InlineData("model-00001-of-00004.gguf")]
    public void A_part_under_another_name_is_refused(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write(name, Parts()[0].ToArray());

        Assert.Contains("found part 1 of 3 of a model, by its metadata; expected a file whose name ends in -00001-of-00003.gguf",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_file_is_closed_when_one_is_refused()
    {
        using TemporaryFolder folder = new();
        string[] paths = Write(folder, [.. Parts()[..2], new GgufBytes { Version = 9 }]);

        Assert.Throws<CheckpointException>(() => Checkpoint.Open(paths[1]));

        foreach (string path in paths)
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
    }

    private static string[] Write(TemporaryFolder folder, GgufBytes[] parts) =>
        [.. parts.Select((part, i) => folder.Write($"model-{i + 1:D5}-of-{Count:D5}.gguf", part.ToArray()))];

    private static GgufBytes Part(int number, int count = Count) =>
        new GgufBytes().With("split.no", number).With("split.count", count).With("split.tensors.count", 21);

    /// <summary>The metadata and no tensor, the tensors of the first layer and the rest.</summary>
    private static GgufBytes[] Parts()
    {
        GgufBytes first = GgufModels.Metadata("llama", ("split.no", 0), ("split.count", Count), ("split.tensors.count", 21));
        GgufBytes all = new GgufBytes().WithWeights();
        return
        [
            first, Part(1).WithTensorsOf(all, name => name.StartsWith("blk.0.", StringComparison.Ordinal)),
            Part(2).WithTensorsOf(all, name => !name.StartsWith("blk.0.", StringComparison.Ordinal)),
        ];
    }
}
