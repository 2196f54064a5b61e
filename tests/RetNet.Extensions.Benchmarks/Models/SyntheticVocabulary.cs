using System.Globalization;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>A vocabulary for models that know no language: special tokens, bytes, and words that stand for their number.</summary>
internal static class SyntheticVocabulary
{
    private const int FirstByte = 3;

    /// <summary>The first token that is neither special nor a byte.</summary>
    public const int FirstWord = FirstByte + 256;

    private static readonly string[] Special = ["<unk>", "<s>", "</s>"];

    public static IEnumerable<string> Tokens(int count) => Enumerable.Range(0, count).Select(Token);

    /// <summary>Scores as SentencePiece has them: later words are less likely.</summary>
    public static IEnumerable<float> Scores(int count) =>
        Enumerable.Range(0, count).Select(token => token < FirstWord ? 0f : FirstWord - token);

    /// <summary>llama.cpp's kinds of tokens: 1 normal, 2 unknown, 3 control, 6 byte.</summary>
    public static IEnumerable<int> Kinds(int count) => Enumerable.Range(0, count).Select(token => token switch
    {
        0 => 2,
        < FirstByte => 3,
        < FirstWord => 6,
        _ => 1,
    });

    private static string Token(int token) => token switch
    {
        < FirstByte => Special[token],
        < FirstWord => string.Create(CultureInfo.InvariantCulture, $"<0x{token - FirstByte:X2}>"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\u2581t{token - FirstWord}"),
    };
}
