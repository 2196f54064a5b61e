using System.Collections.Frozen;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The tokens of a GGUF file that end a text, a turn or a message: those that metadata name, and those whose own text says so
/// (llama_vocab of llama.cpp, "maintain a list of tokens that cause end-of-generation").</summary>
/// <remarks>A normal token is text whatever it looks like: the words of Qwen's vocabulary include <c>&lt;/s&gt;</c>, which HTML has. There
/// llama.cpp ends an answer, and transformers goes on.</remarks>
internal static class GgufEnds
{
    // Tokens that end what is filled in between two parts of code; the texts count where the metadata do not name the token.
    private static readonly (string Key, string[] Texts)[] Fillings =
    [
        ("tokenizer.ggml.fim_pad_token_id", ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]),
        ("tokenizer.ggml.fim_rep_token_id", ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]),
        ("tokenizer.ggml.fim_sep_token_id", ["<|file_sep|>"]),
    ];

    /// <summary>The keys of tokens that end something.</summary>
    public static readonly string[] Keys =
        [GgufKeys.EndOfSequence, "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id", .. Fillings.Select(one => one.Key)];

    private static readonly string[] Texts =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>",
        "</s>", "<|eom_id|>",
        "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
        "<｜end▁of▁sentence｜>", "[e~[",
    ];

    // Tokens that end nothing in a vocabulary that has all of some others: there an answer is several messages, of which the first token
    // ends each, or </s> is left over from another vocabulary.
    private static readonly (string Text, string[] Others)[] Exceptions =
    [
        ("<|end|>", ["<|return|>", "<|call|>"]), ("<|end|>", ["<|calls|>", "<|flush|>"]), ("</s>", ["<|tool_response>"]),
    ];

    /// <summary>The texts of tokens that end something, and are control tokens for that, unless the file calls them normal.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="vocabulary">The number of tokens.</param>
    public static FrozenSet<string> TextsOf(GgufMetadata metadata, int vocabulary) => FrozenSet.ToFrozenSet(
        [.. Texts, .. Fillings.Where(one => metadata.TokenId(one.Key, vocabulary) is null).SelectMany(one => one.Texts)]);

    /// <summary>The ids of the tokens that end something.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="vocabulary">The number of tokens of the model.</param>
    public static IEnumerable<int> Find(GgufMetadata metadata, int vocabulary)
    {
        IEnumerable<int> named = Keys.Select(key => metadata.TokenId(key, vocabulary)).OfType<int>();
        if (!metadata.HasArray(GgufKeys.Tokens))
            return named.Distinct();
        Dictionary<string, int> ids = metadata.IndexesOf(GgufKeys.Tokens, TextsOf(metadata, vocabulary));
        int[] kinds = metadata.OptionalNumbers<int>(GgufKeys.TokenTypes, ids.Values.DefaultIfEmpty(-1).Max() + 1) ?? [];
        foreach ((string text, int id) in ids)
        {
            if (id >= kinds.Length || kinds[id] == (int)GgufTokenKind.Normal)
                ids.Remove(text);
        }

        IEnumerable<int> apart = Exceptions.Where(one => ids.ContainsKey(one.Text) && one.Others.All(ids.ContainsKey))
            .Select(one => ids[one.Text]);
        return named.Concat(ids.Values.Where(id => id < vocabulary)).Except(apart);
    }
}
