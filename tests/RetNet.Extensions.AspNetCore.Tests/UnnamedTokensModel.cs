using System.Text.Json.Nodes;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.AspNetCore.Tests;

/// <summary>A model that names no token which begins or ends a text.</summary>
internal sealed class UnnamedTokensModel : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-").FullName;

    public UnnamedTokensModel()
    {
        string source = Models.PathOf("llama-tinystories");
        foreach (string file in (string[])["model.safetensors", "tokenizer.json"])
            File.Copy(Path.Combine(source, file), Path.Combine(_folder, file));
        foreach (string file in (string[])["config.json", "tokenizer_config.json"])
        {
            JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, file)))!.AsObject();
            foreach (string name in (string[])["bos_token", "eos_token", "bos_token_id", "eos_token_id"])
                json.Remove(name);
            File.WriteAllText(Path.Combine(_folder, file), json.ToJsonString());
        }

        Model = TextModel.Load(_folder);
    }

    public TextModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
