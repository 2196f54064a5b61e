namespace RetNet.Extensions.ML.Tests;

/// <summary>A copy of a model's folder with files of sentence-transformers, which pool and do not scale.</summary>
internal sealed class ModelFolder : IDisposable
{
    /// <param name="model">The folder.</param>
    /// <param name="pooling">The option that is true in the configuration of the pooling.</param>
    public ModelFolder(string model, string pooling)
    {
        foreach (string file in Directory.EnumerateFiles(model))
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        File.WriteAllText(System.IO.Path.Combine(Path, "modules.json"), """
            [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
            """);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "1_Pooling"));
        File.WriteAllText(System.IO.Path.Combine(Path, "1_Pooling", "config.json"), $$"""
            {"word_embedding_dimension": {{TinyModel.Width}}, "pooling_mode_mean_tokens": false, "{{pooling}}": true}
            """);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("retnet-ml-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
