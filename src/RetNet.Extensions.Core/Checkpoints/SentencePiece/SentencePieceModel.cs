using System.Text;
using System.Text.Unicode;

namespace RetNet.Extensions.Core.Checkpoints.SentencePiece;

/// <summary>A tokenizer.model of SentencePiece (sentencepiece_model.proto).</summary>
internal sealed class SentencePieceModel
{
    private const int MostPieces = 4_000_000;
    private const int LongestPiece = 1024;

    private readonly string _file;

    private SentencePieceModel(string file) => _file = file;

    /// <summary>The kinds of pieces.</summary>
    internal enum PieceKind
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    public List<(string Text, float Score, PieceKind Kind)> Pieces { get; } = [];

    /// <summary>Whether pieces are merged by score; otherwise the sum of scores decides.</summary>
    public bool IsBytePairEncoding { get; private set; }

    public bool FallsBackToBytes { get; private set; }

    public byte[] Normalization { get; private set; } = [];

    public bool AddsPrefix { get; private set; } = true;

    public bool Trims { get; private set; } = true;

    public int? BeginningId { get; private set; } = 1;

    public int? EndId { get; private set; } = 2;

    public int? PaddingId { get; private set; }

    /// <summary>Reads a model and checks it.</summary>
    /// <exception cref="CheckpointException">It is malformed, or of a kind that is not supported.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> content, string file)
    {
        SentencePieceModel model = new(file);
        ProtobufReader reader = new(content, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    model.AddPiece(reader.Message);
                    break;
                case 2:
                    model.ReadTraining(reader.Message);
                    break;
                case 3:
                    model.ReadNormalization(reader.Message);
                    break;
            }
        }

        model.Check();
        return model;
    }

    /// <summary>The pieces' texts by id.</summary>
    public string[] Tokens => [.. Pieces.Select(piece => piece.Text)];

    /// <summary>The first piece of a kind.</summary>
    public int? Find(PieceKind kind) => Pieces.FindIndex(piece => piece.Kind == kind) is var id and >= 0 ? id : null;

    private void AddPiece(ReadOnlySpan<byte> message)
    {
        (string text, float score, PieceKind kind) = ("", 0, PieceKind.Normal);
        ProtobufReader reader = new(message, _file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    if (reader.Message.Length > 4 * LongestPiece || !Utf8.IsValid(reader.Message))
                        throw Fault($"piece {Pieces.Count} that is too long or not UTF-8", $"at most {LongestPiece} characters");
                    text = Encoding.UTF8.GetString(reader.Message);
                    break;
                case 2:
                    score = reader.Single;
                    break;
                case 3:
                    kind = (PieceKind)reader.Integer;
                    break;
            }
        }

        if (text.Length is 0 or > LongestPiece || !float.IsFinite(score) || !Enum.IsDefined(kind) || Pieces.Count == MostPieces)
            throw Fault($"piece {Pieces.Count}: {CheckpointException.Quote(text)}, score {score}, kind {(int)kind}", "a piece");
        Pieces.Add((text, score, kind));
    }

    private void ReadTraining(ReadOnlySpan<byte> message)
    {
        ProtobufReader reader = new(message, _file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    IsBytePairEncoding = reader.Integer switch
                    {
                        1 => false,
                        2 => true,
                        _ => throw Fault($"a model of type {reader.Integer}",
                            "Unigram (1) or BPE (2): words and characters are not supported"),
                    };
                    break;
                case 24:
                    if (reader.Flag)
                        throw Fault("treat_whitespace_as_suffix", "spaces that begin words: the other way is not supported");
                    break;
                case 35:
                    FallsBackToBytes = reader.Flag;
                    break;
                case 41:
                    BeginningId = Id(reader.Integer);
                    break;
                case 42:
                    EndId = Id(reader.Integer);
                    break;
                case 43:
                    PaddingId = Id(reader.Integer);
                    break;
            }
        }
    }

    private void ReadNormalization(ReadOnlySpan<byte> message)
    {
        ProtobufReader reader = new(message, _file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    Normalization = reader.Message.ToArray();
                    break;
                case 3:
                    AddsPrefix = reader.Flag;
                    break;
                case 4:
                    Trims = reader.Flag;
                    break;
                case 5:
                    if (!reader.Flag)
                        throw Fault("escape_whitespaces of false", "spaces that become \u2581: the other way is not supported");
                    break;
            }
        }
    }

    private void Check()
    {
        if (Pieces.Count == 0)
            throw Fault("no pieces", "a model of SentencePiece");
        HashSet<string> texts = new(StringComparer.Ordinal);
        foreach ((string text, _, _) in Pieces)
        {
            if (!texts.Add(text))
                throw Fault($"the piece {CheckpointException.Quote(text)} twice", "each piece once");
        }

        BeginningId = Existing(BeginningId);
        EndId = Existing(EndId);
        PaddingId = Existing(PaddingId);
    }

    private int? Existing(int? id) => id < Pieces.Count ? id : null;

    private static int? Id(int id) => id >= 0 ? id : null;

    private CheckpointException Fault(string found, string expected) => new(_file, found, expected);
}
