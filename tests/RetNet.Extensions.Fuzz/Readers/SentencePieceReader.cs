using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>A tokenizer.model of SentencePiece in a folder without a tokenizer.json; it encodes and decodes a text.</summary>
internal sealed class SentencePieceReader : Reader
{
    private const byte Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Byte = 6;

    private readonly TemporaryFolder _folder = new();

    public override string Name => "sentencepiece";

    // trainer_spec (2): model_type (3) and byte_fallback (35); normalizer_spec (3): add_dummy_prefix (3), remove_extra_whitespaces (4).
    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Pieces(), [.. Pieces(), .. Message(2, [0x18, 1, 0x98, 2, 1]), .. Message(3, [0x18, 1, 0x20, 0])],
        [
            .. Pieces(), .. Message(2, [0x18, 2]),
            .. Message(3, [.. Message(2, Convert.FromBase64String("DAAAAAAEAABhCQAAAAAAgGIA")), 0x20, 1]),
        ],
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Bytes.Mutate(input, mutation, input.Length);

    public override void Read(byte[] input)
    {
        _folder.Write("tokenizer.model", input);
        Tokenizer tokenizer = Tokenizer.Load(_folder.Root);
        _ = tokenizer.Decode(tokenizer.Encode(" ab a  b<s>\né😀?" + new string('a', 100)));
    }

    public override bool IsRefusal(Exception exception) => exception is CheckpointException or TokenizerException;

    private static byte[] Pieces() =>
    [
        .. Piece("<unk>", 0, Unknown), .. Piece("<s>", 0, Control), .. Piece("</s>", 0, Control), .. Piece("<0x0A>", 0, Byte),
        .. Piece("\u2581", -2, Normal), .. Piece("a", -3, Normal), .. Piece("\u2581a", -3.5f, Normal), .. Piece("ab", -4, Normal),
        .. Piece("b<", 0, UserDefined),
    ];

    private static byte[] Piece(string text, float score, byte kind) =>
        Message(1, [.. Message(1, Encoding.UTF8.GetBytes(text)), 0x15, .. BitConverter.GetBytes(score), 0x18, kind]);

    private static byte[] Message(int field, byte[] content) => [(byte)((field << 3) | 2), (byte)content.Length, .. content];
}
