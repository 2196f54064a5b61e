namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>What a name in tokenizer.ggml.pre stands for: how words are cut before byte-pair encoding.</summary>
/// <param name="Expressions">Regular expressions, each applied to what the previous one left whole, as the models' own tokenizer.json files
/// have them.</param>
/// <param name="IgnoreMerges">Whether a word that is itself a token is taken whole.</param>
/// <param name="AddsBeginning">Whether a text begins with the beginning-of-sequence token unless the file says otherwise.</param>
/// <param name="Composes">Whether the text is composed first (Unicode NFC).</param>
internal sealed record GgufPreTokenizer(string[] Expressions, bool IgnoreMerges = false, bool AddsBeginning = false, bool Composes = false)
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Gpt2Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3Words = Contractions
        + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2Words = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string TekkenWords =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The names that are known, for messages.</summary>
    public const string Known =
        "default, gpt-2, llama-bpe, smaug-bpe, dbrx, qwen2, deepseek-r1-qwen, stablelm2, smollm, starcoder, refact, command-r, "
            + "tekken or pixtral";

    /// <summary>Looks a name up, by llama.cpp's table (llama-vocab.cpp).</summary>
    /// <returns>The pre-tokenizer, or null where the name is not known.</returns>
    public static GgufPreTokenizer? Find(string name) => name switch
    {
        "default" => new([@"[\p{P}\$\+<=>\^~\|]+", Gpt2Words, @"\p{N}+", "[0-9][0-9][0-9]"]),
        "gpt-2" => new([Gpt2Words]),
        "llama3" or "llama-v3" or "llama-bpe" or "pixtral" => new([Llama3Words], IgnoreMerges: true, AddsBeginning: true),
        "smaug-bpe" or "dbrx" => new([Llama3Words]),
        "qwen2" or "deepseek-r1-qwen" => new([Qwen2Words], Composes: true),
        "stablelm2" => new([Qwen2Words]),
        "smollm" or "starcoder" or "refact" or "command-r" => new([@"\p{N}", Gpt2Words]),
        "tekken" => new([TekkenWords], IgnoreMerges: true, AddsBeginning: true),
        _ => null,
    };
}
