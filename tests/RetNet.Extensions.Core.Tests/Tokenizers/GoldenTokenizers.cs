using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>The four golden tokenizers, and the bytes of one to break.</summary>
internal static class GoldenTokenizers
{
    public static readonly string[] Names = ["tokenizer-bytelevel-4096", "tokenizer-bytelevel-qwen", "tokenizer-spm-llama2",
        "tokenizer-spm-metaspace"];

    public static readonly Tokenizer[] All = [.. Names.Select(name => Tokenizer.Load(File(name)))];

    public static Tokenizer ByteLevel => All[0];

    public static Tokenizer SentencePiece => All[2];

    public static string File(string name) => TestFiles.Path("tests", "RetNet.Extensions.Conformance", "golden", name, "tokenizer.json");
}
