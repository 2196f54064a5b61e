using System.Text;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Encoder;

namespace RetNet.Extensions.Conformance;

/// <summary>Models that answer differently have different fingerprints.</summary>
public sealed class FingerprintTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-fingerprint").FullName;

    public static TheoryData<string> Cases =>
    [
        "llama-plain", "llama3-rope-tied", "qwen2-bias", "qwen3-qknorm", "retnet-fla-untied", "retnet-torchscale-swish",
        "retnet-torchscale-gelu-shared", "encoder-bert", "encoder-xlm-roberta", "encoder-distilbert", "encoder-nomic-bert",
        "encoder-modernbert", .. TestDevice.Architectures,
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Another_value_in_any_tensor_is_another_model(string name)
    {
        using GoldenCase golden = new(name);
        foreach (string file in Directory.EnumerateFiles(golden.Folder).Where(file => !file.Contains("expected", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        string weights = Path.Combine(_folder, "model.safetensors");
        string original = Fingerprint();

        Assert.Equal(
            Unread(name), FirstElements(weights).Where(tensor => !Changes(tensor.Offset)).Select(tensor => tensor.Name).Order());
        Assert.Equal(original, Fingerprint());

        bool Changes(long offset)
        {
            float value = Exchange(weights, offset, 3.5f);
            bool changes = Fingerprint() != original;
            Exchange(weights, offset, value);
            return changes;
        }
    }

    // A head that is tied to the embedding, and what pools in a way that embeddings do not use.
    private static string[] Unread(string name) => name switch
    {
        "retnet-torchscale-gelu-shared" => ["output_projection.weight"],
        "encoder-bert" or "encoder-xlm-roberta" => ["pooler.dense.bias", "pooler.dense.weight"],
        _ => [],
    };

    private string Fingerprint()
    {
        if (!File.ReadAllText(Path.Combine(_folder, "case.json")).Contains("encoder", StringComparison.Ordinal))
        {
            using LanguageModel model = ModelRun.Load(_folder);
            return model.Info.Fingerprint;
        }

        using EncoderModel encoder = EncoderModel.Load(Checkpoint.Open(_folder));
        return encoder.Info.Fingerprint;
    }

    private static List<(string Name, long Offset)> FirstElements(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using BinaryReader reader = new(stream);
        int length = (int)reader.ReadInt64();
        JsonObject header = JsonNode.Parse(Encoding.UTF8.GetString(reader.ReadBytes(length)))!.AsObject();
        return
        [
            .. header.Where(tensor => tensor.Key != "__metadata__")
                .Select(tensor => (tensor.Key, sizeof(long) + length + (long)tensor.Value!["data_offsets"]![0]!)),
        ];
    }

    private static float Exchange(string path, long offset, float value)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] bytes = new byte[sizeof(float)];
        stream.Position = offset;
        stream.ReadExactly(bytes);
        stream.Position = offset;
        stream.Write(BitConverter.GetBytes(value));
        return BitConverter.ToSingle(bytes);
    }
}
