using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A model folder without tokenizer_config.json.</summary>
internal sealed class TemplatelessModel : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-").FullName;
    private TextModel? _model;

    public TextModel Load()
    {
        foreach (string file in Directory.GetFiles(Models.PathOf("retnet-tinystories")))
        {
            if (Path.GetFileName(file) != "tokenizer_config.json")
                File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        return _model = TextModel.Load(_folder);
    }

    public void Dispose()
    {
        _model?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
