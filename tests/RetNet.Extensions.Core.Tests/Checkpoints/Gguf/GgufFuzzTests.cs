using FsCheck.Xunit;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>Mutated GGUF files either open, and then every weight and the tokenizer can be read, or are refused.</summary>
[Properties(Arbitrary = [typeof(EditGenerator)])]
public class GgufFuzzTests
{
    private static readonly byte[] SentencePiece = GgufModels.Metadata("llama", [.. GgufTokenizerTests.SentencePiece]).WithWeights()
        .ToArray();
    private static readonly byte[] ByteLevel = GgufModels.Metadata("qwen2", [.. GgufTokenizerTests.ByteLevel]).WithWeights(head: false)
        .ToArray();

    [Property(MaxTest = 200, EndSize = 4)]
    public void Mutated_file_opens_or_is_refused(Edit[] edits, bool which) =>
        OpenOrRefuse(Edit.Apply(edits, which ? SentencePiece : ByteLevel));

    [Property(MaxTest = 200, EndSize = 4)]
    public void Number_that_was_overwritten_is_checked(int position, ulong number, bool which)
    {
        byte[] bytes = [.. which ? SentencePiece : ByteLevel];
        int header = bytes.Length - 4096;
        BitConverter.TryWriteBytes(bytes.AsSpan((position & int.MaxValue) % header),
            number % 3 == 0 ? ulong.MaxValue - number : number << 40);
        OpenOrRefuse(bytes);
    }

    private static void OpenOrRefuse(byte[] bytes)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            foreach (TensorView tensor in checkpoint.Tensors.Values.Where(tensor => tensor.IsWeight))
                tensor.CopyTo(new float[tensor.ElementCount]);
        }
        catch (CheckpointException e)
        {
            Assert.Equal(path, e.File);
        }

        try
        {
            Tokenizer.Load(path).Encode("a b");
        }
        catch (CheckpointException e)
        {
            Assert.Equal(path, e.File);
        }
        catch (TokenizerException e)
        {
            Assert.StartsWith(path, e.FileName, StringComparison.Ordinal);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
    }
}
