using RetNet.Extensions.Core.Checkpoints.Gguf;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>Reads the documents of the models that a path names.</summary>
public static class ModelDocumentFiles
{
    extension(ModelDocuments)
    {
        /// <summary>Reads the documents of a model as they are; they are checked when a model is made of them.</summary>
        /// <param name="path">A model folder, a .safetensors file in one, or a .gguf file, whose metadata are written as those
        /// documents.</param>
        /// <returns>The documents.</returns>
        /// <exception cref="CheckpointException">There is no config.json, a file cannot be read or is too large, or the .gguf file is
        /// malformed or not supported.</exception>
        public static ModelDocuments Read(string path)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            return GgufFile.IsNamed(path)
                ? GgufDocuments.Read(path)
                : ReadTokenizer(path) with { Configuration = ReadFile(Folder(path), "config.json") };
        }

        /// <summary>Reads the documents of a model that belong to its tokenizer and to generation, without config.json.</summary>
        /// <param name="path">As for <see cref="Read"/>.</param>
        /// <returns>The documents; those that are not there are empty.</returns>
        /// <exception cref="CheckpointException">A file cannot be read or is too large, or the .gguf file is malformed or not
        /// supported.</exception>
        public static ModelDocuments ReadTokenizer(string path)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            if (GgufFile.IsNamed(path))
                return GgufDocuments.ReadTokenizer(path);
            string folder = Folder(path);
            return ReadSettings(folder) with { Tokenizer = ReadOptional(folder, "tokenizer.json") };
        }

        /// <summary>The folder of a model that is named by its folder or by its weights.</summary>
        internal static string Folder(string path) => Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;

        /// <summary>Reads the documents of a folder that may stand beside a tokenizer.json.</summary>
        internal static ModelDocuments ReadSettings(string folder) => new()
        {
            Configuration = default,
            TokenizerConfiguration = ReadOptional(folder, "tokenizer_config.json"),
            ChatTemplate = ReadOptional(folder, "chat_template.jinja"),
            GenerationConfiguration = ReadOptional(folder, "generation_config.json"),
        };
    }

    private static byte[] ReadOptional(string folder, string name) => File.Exists(Path.Combine(folder, name)) ? ReadFile(folder, name) : [];

    private static byte[] ReadFile(string folder, string name) =>
        RegularFile.Read(Path.Combine(folder, name), ModelDocuments.MaximumLength);
}
