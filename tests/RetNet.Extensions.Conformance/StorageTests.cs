using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Conformance;

/// <summary>The golden models stored in other element types and in shards.</summary>
public sealed class StorageTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("retnet-golden-").FullName;

    public static TheoryData<string> Cases =>
        ["llama-plain", "llama3-rope-tied", "mistral-window16", "qwen2-bias",
         "qwen3-qknorm", "retnet-fla-defaults", "retnet-torchscale-swish"];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Shards_give_what_one_file_gives(string name)
    {
        using GoldenCase golden = new(name);
        float[] whole = Logits(golden, golden.Folder);
        Assert.Equal(whole, Logits(golden, Rewrite(golden, "F32", value => BitConverter.GetBytes(value), shards: 3)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Half_precision_gives_what_the_same_numbers_in_float32_give(string name)
    {
        using GoldenCase golden = new(name);
        float[] expected = Logits(golden, Rewrite(golden, "F32", value => BitConverter.GetBytes((float)(Half)value)));
        Assert.Equal(expected, Logits(golden, Rewrite(golden, "F16", value => BitConverter.GetBytes((Half)value))));
        Assert.Equal(expected, Logits(golden, Rewrite(golden, "F16", value => BitConverter.GetBytes((Half)value), shards: 2)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BFloat16_gives_what_the_same_numbers_in_float32_give_mapped_or_widened(string name)
    {
        using GoldenCase golden = new(name);
        float[] expected = Logits(
            golden, Rewrite(golden, "F32", value => BitConverter.GetBytes(BitConverter.UInt32BitsToSingle((uint)Upper(value) << 16))));
        string stored = Rewrite(golden, "BF16", value => BitConverter.GetBytes(Upper(value)));
        GoldenCase.AssertClose(expected, Logits(golden, stored), golden.Tolerance(Name(golden)), "as stored");
        Assert.Equal(expected, Logits(golden, stored, WeightFormat.Float32));
    }

    private static ushort Upper(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);

    private static string Name(GoldenCase golden) => golden.Has("logits") ? "logits" : "recurrent.logits";

    private static float[] Logits(GoldenCase golden, string folder, WeightFormat format = WeightFormat.Auto)
    {
        using LanguageModel model = LanguageModel.Load(folder, new ModelLoadOptions { Threads = 2, WeightFormat = format });
        return ModelRun.Batch(model, golden.Sequences(), StateOptions.Default);
    }

    /// <summary>Writes a golden model again, its tensors dealt out to shards in turn.</summary>
    private string Rewrite(GoldenCase golden, string type, Func<float, byte[]> bytesOf, int shards = 1)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, Guid.NewGuid().ToString("N"))).FullName;
        File.Copy(Path.Combine(golden.Folder, "config.json"), Path.Combine(folder, "config.json"));
        using SafetensorsFile source = SafetensorsFile.Open(Path.Combine(golden.Folder, "model.safetensors"));
        JsonObject map = [];
        for (int shard = 0; shard < shards; shard++)
        {
            string file = shards == 1 ? "model.safetensors" : $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
            TensorView[] tensors = [.. source.Tensors.Values.Where((_, i) => i % shards == shard)];
            Write(Path.Combine(folder, file), tensors, type, bytesOf);
            foreach (TensorView tensor in tensors)
                map.Add(tensor.Name, file);
        }

        if (shards > 1)
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        return folder;
    }

    private static void Write(string file, TensorView[] tensors, string type, Func<float, byte[]> bytesOf)
    {
        JsonObject header = [];
        using MemoryStream data = new();
        foreach (TensorView tensor in tensors)
        {
            float[] values = new float[tensor.ElementCount];
            tensor.CopyTo(values);
            long begin = data.Length;
            foreach (float value in values)
                data.Write(bytesOf(value));
            header.Add(tensor.Name, new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = JsonSerializer.SerializeToNode(tensor.Shape.ToArray()),
                ["data_offsets"] = new JsonArray(begin, data.Length),
            });
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)json.Length), .. json, .. data.ToArray()]);
    }
}
