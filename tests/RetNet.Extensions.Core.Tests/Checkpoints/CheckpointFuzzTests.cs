using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Mutated files either open, and then every byte of every tensor can be read, or are refused with a
/// <see cref="CheckpointException"/>.</summary>
[Properties(Arbitrary = [typeof(EditGenerator)])]
public class CheckpointFuzzTests
{
    private static readonly byte[] Safetensors = SafetensorsBytes.Floats(
        ("layers.0.w", [2, 3], 1), ("layers.0.b", [3], 2), ("empty", [0], 0), ("norm", [4], 3));

    private static readonly string[] Configurations =
    [
        .. Directory.EnumerateFiles(RepositoryFiles.Golden, "config*.json", SearchOption.AllDirectories).Order().Select(File.ReadAllText),
        .. Directory.EnumerateFiles(RepositoryFiles.Models, "config.json", SearchOption.AllDirectories).Order().Select(File.ReadAllText),
    ];

    [Property(MaxTest = 1500, EndSize = 4)]
    public void Mutated_safetensors_file_opens_or_is_refused(Edit[] edits)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.safetensors", Edit.Apply(edits, Safetensors));
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (TensorView tensor in file.Tensors.Values)
                ReadAll(tensor, new FileInfo(path).Length);
        }
        catch (CheckpointException e)
        {
            Assert.Equal(path, e.File);
        }
    }

    [Property(MaxTest = 1500, EndSize = 4)]
    public void Mutated_header_opens_or_is_refused(Edit[] edits)
    {
        using TemporaryFolder folder = new();
        int headerLength = BitConverter.ToInt32(Safetensors);
        byte[] header = Edit.Apply(edits, Safetensors.AsSpan(8, headerLength));
        string path = folder.Write("model.safetensors", SafetensorsBytes.File(header, Safetensors[(8 + headerLength)..]));
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (TensorView tensor in file.Tensors.Values)
                ReadAll(tensor, new FileInfo(path).Length);
        }
        catch (CheckpointException e)
        {
            Assert.Equal(path, e.File);
        }
    }

    [Property(MaxTest = 1500, EndSize = 4)]
    public void Mutated_configuration_is_read_or_refused(Edit[] edits, byte which)
    {
        byte[] bytes = Edit.Apply(edits, Encoding.UTF8.GetBytes(Configurations[which % Configurations.Length]));
        using TemporaryFolder folder = new();
        string path = folder.Write("config.json", bytes);
        try
        {
            JsonElement configuration = RegularFile.ReadJson(path, 1 << 20);
            if (ModelFamily.Of(configuration, path) == ModelFamily.Llama)
                Assert.InRange(TransformerConfiguration.Parse(configuration, path).Layers, 1, ConfigurationReader.MaximumLayers);
            else
                Assert.InRange(RetNetConfiguration.Parse(configuration, path).Layers, 1, ConfigurationReader.MaximumLayers);
        }
        catch (CheckpointException e)
        {
            Assert.Equal(path, e.File);
        }
    }

    [Property(MaxTest = 500, EndSize = 4)]
    public void Mutated_index_is_read_or_refused(Edit[] edits)
    {
        using TemporaryFolder folder = new();
        byte[] index = """{"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"""u8.ToArray();
        folder.Write("config.json", "{}");
        folder.Write("one.safetensors", SafetensorsBytes.Floats(("a", [1], 1)));
        folder.Write("two.safetensors", SafetensorsBytes.Floats(("b", [1], 1)));
        folder.Write("model.safetensors.index.json", Edit.Apply(edits, index));
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(folder.Root);
            Assert.Contains("a", checkpoint.Tensors.Keys.Concat(["b"]));
        }
        catch (CheckpointException e)
        {
            Assert.StartsWith(folder.Root, e.File, StringComparison.Ordinal);
        }
    }

    private static void ReadAll(TensorView tensor, long fileLength)
    {
        Assert.InRange(tensor.ByteLength, 0, fileLength);
        tensor.CopyBytesTo(new byte[tensor.ByteLength]);
        if (tensor.IsWeight)
            tensor.CopyTo(new float[tensor.ElementCount]);
    }
}
