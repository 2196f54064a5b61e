using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core;

/// <summary>A model folder ready for text: the language model, its tokenizer, its chat template and its defaults.</summary>
public sealed class TextModel : IDisposable
{
    private TextModel(string folder, LanguageModel model, Tokenizer tokenizer, GenerationOptions defaults)
    {
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        (Model, Tokenizer, DefaultOptions) = (model, tokenizer, defaults);
    }

    /// <summary>The folder's name.</summary>
    public string Name { get; }

    /// <summary>The language model.</summary>
    public LanguageModel Model { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The model's own chat template, if it has one.</summary>
    public ChatTemplate? ChatTemplate => Tokenizer.ChatTemplate;

    /// <summary>
    /// Sampling, length and stop tokens as generation_config.json says, greedy where there is none. The stop tokens are the
    /// end-of-sequence tokens of generation_config.json, config.json and tokenizer_config.json together.
    /// </summary>
    public GenerationOptions DefaultOptions { get; }

    /// <summary>Loads a Hugging Face folder.</summary>
    /// <param name="path">The folder: config.json, safetensors weights, tokenizer.json, and where they exist tokenizer_config.json and generation_config.json;
    /// or the .safetensors file in it.</param>
    /// <param name="options">How the weights are loaded; null for the defaults.</param>
    /// <returns>The model. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">The checkpoint or generation_config.json is missing or malformed, or of a family that is not supported, or the
    /// tokenizer has tokens that the model has not.</exception>
    /// <exception cref="TokenizerException">The tokenizer is missing or malformed.</exception>
    public static TextModel Load(string path, ModelLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        LanguageModel model = ModelLoader.Load(path, options);
        try
        {
            string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
            Tokenizer tokenizer = Tokenizer.Load(folder);
            if (tokenizer.VocabularySize > model.Info.VocabularySize)
            {
                throw new CheckpointException(
                    Path.Combine(folder, "tokenizer.json"), $"{tokenizer.VocabularySize} tokens", $"at most the {model.Info.VocabularySize} of the model's vocabulary");
            }

            return new TextModel(folder, model, tokenizer, GenerationDefaults.Read(folder, model.Info, tokenizer));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>A generator for one thread of control.</summary>
    /// <returns>The generator.</returns>
    public Generator CreateGenerator() => new(Model, Tokenizer);

    /// <summary>Releases the weights, as soon as no forward uses them.</summary>
    public void Dispose() => Model.Dispose();
}
