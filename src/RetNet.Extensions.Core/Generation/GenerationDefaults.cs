using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Tokenizers;
using static RetNet.Extensions.Core.Checkpoints.CheckpointLimits;

namespace RetNet.Extensions.Core.Generation;

/// <summary>Reads generation_config.json, as transformers writes it.</summary>
internal static class GenerationDefaults
{
    private const double Largest = 1e6;

    private static readonly JsonElement NoOptions = JsonElement.Parse("{}");

    /// <summary>Reads the content of the file; an empty content stands for a missing file.</summary>
    /// <param name="content">The content.</param>
    /// <param name="folder">The folder's name in errors.</param>
    /// <param name="vocabularySize">The number of tokens of the model.</param>
    /// <param name="ends">The tokens that end a text, as the model's configuration names them.</param>
    /// <param name="tokenizer">The tokenizer, which may name another one.</param>
    public static GenerationOptions Parse(
        ReadOnlyMemory<byte> content, string folder, int vocabularySize, IReadOnlyList<int> ends, Tokenizer tokenizer)
    {
        string file = $"{folder}/{FileNames.GenerationConfiguration}";
        if (content.Length > MaximumConfigurationLength)
            throw new CheckpointException(file, $"{content.Length} bytes", $"at most {MaximumConfigurationLength} bytes");
        return Read(content.IsEmpty ? NoOptions : RegularFile.ParseJson(content, file), file, vocabularySize, ends, tokenizer);
    }

    private static GenerationOptions Read(
        JsonElement config, string file, int vocabularySize, IReadOnlyList<int> ends, Tokenizer tokenizer)
    {
        ConfigurationReader options = new(config, file);
        GenerationOptions defaults = new();
        return defaults with
        {
            MaxTokens = options.OptionalInteger("max_new_tokens", 1, int.MaxValue) ?? defaults.MaxTokens,
            Sampling = ReadSampling(options),
            PromptLookupTokens = Math.Min(
                options.OptionalInteger("prompt_lookup_num_tokens", 0, int.MaxValue) ?? defaults.PromptLookupTokens,
                GenerationOptions.LargestPromptLookup),
            StopTokens = StopTokens(options, vocabularySize, ends, tokenizer),
        };
    }

    // transformers samples only if do_sample is set, and ignores the other options otherwise.
    private static SamplingOptions ReadSampling(ConfigurationReader options)
    {
        float repetitionPenalty = (float)(options.OptionalNumber("repetition_penalty", 1e-3, Largest) ?? 1);
        if (!options.Boolean("do_sample", false))
            return SamplingOptions.Greedy with { RepetitionPenalty = repetitionPenalty };
        return new SamplingOptions
        {
            RepetitionPenalty = repetitionPenalty,
            Temperature = (float)(options.OptionalNumber("temperature", 0, Largest) ?? 1),
            TopK = options.OptionalInteger("top_k", 0, int.MaxValue) ?? 50,
            TopP = (float)(options.OptionalNumber("top_p", 0, 1) ?? 1),
            MinP = (float)(options.OptionalNumber("min_p", 0, 1) ?? 0),
        };
    }

    private static int[] StopTokens(ConfigurationReader options, int vocabularySize, IReadOnlyList<int> ends, Tokenizer tokenizer)
    {
        IEnumerable<int> stops = options.TokenIds("eos_token_id", vocabularySize).Concat(ends);
        if (tokenizer.EndOfSequenceId is { } end)
            stops = stops.Append(end);
        return [.. stops.Distinct()];
    }
}
