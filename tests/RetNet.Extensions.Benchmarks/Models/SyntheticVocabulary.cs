using System.Globalization;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>A vocabulary for models that know no language: special tokens, bytes, and words that stand for their number.</summary>
internal static class SyntheticVocabulary
{
    private const int FirstByte = 3;

    /// <summary>The first token that is neither special nor a byte.</summary>
    public const int FirstWord = FirstByte + 256;

    private static readonly string[] Special = ["<unk>", "<s>", "</s>"];

    /// <summary>The tokenizer's metadata in a GGUF file.</summary>
    /// <param name="count">The number of tokens.</param>
    public static (string Key, object Value)[] Metadata(int count) =>
    [
        ("tokenizer.ggml.model", "llama"),
        ("tokenizer.ggml.bos_token_id", 1u),
        ("tokenizer.ggml.eos_token_id", 2u),
        ("tokenizer.ggml.tokens", Enumerable.Range(0, count).Select(Token).ToArray()),
        ("tokenizer.ggml.scores", Enumerable.Range(0, count).Select(Score).ToArray()),
        ("tokenizer.ggml.token_type", Enumerable.Range(0, count).Select(Kind).ToArray()),
    ];

    // As SentencePiece has them: later words are less likely.
    private static float Score(int token) => token < FirstWord ? 0f : FirstWord - token;

    // llama.cpp's kinds of tokens: 1 normal, 2 unknown, 3 control, 6 byte.
    private static int Kind(int token) => token switch
    {
        0 => 2,
        < FirstByte => 3,
        < FirstWord => 6,
        _ => 1,
    };

    private static string Token(int token) => token switch
    {
        < FirstByte => Special[token],
        < FirstWord => string.Create(CultureInfo.InvariantCulture, $"<0x{token - FirstByte:X2}>"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\u2581t{token - FirstWord}"),
    };
}
