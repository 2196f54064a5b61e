using System.Buffers;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>
/// The unigram language model (Kudo 2018, as SentencePiece has it): of all ways to cut a text into tokens, the one with the greatest sum of
/// scores, found by Viterbi's algorithm.
/// </summary>
internal sealed class UnigramModel : TokenizerModel
{
    /// <summary>What an unknown character scores below the lowest token.</summary>
    private const double UnknownPenalty = 10;

    private readonly VocabularyTrie _tokens;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int? _unknownId;
    private readonly int[]? _byteIds;
    private readonly bool _singlePrecision;

    /// <param name="vocabulary">Token to id.</param>
    /// <param name="scores">The score of each id: the logarithm of its probability.</param>
    /// <param name="unknownId">The token of what the vocabulary does not have, if there is one.</param>
    /// <param name="byteIds">The ids of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> (−1 where absent) if unknown text falls back to bytes,
    /// else null.</param>
    /// <param name="singlePrecision">Whether sums are rounded to float32, as SentencePiece does; the tokenizers library does not.</param>
    public UnigramModel(
        Dictionary<string, int> vocabulary, double[] scores, int? unknownId, int[]? byteIds, bool singlePrecision)
    {
        if (singlePrecision)
            scores = Array.ConvertAll(scores, score => (double)(float)score);
        (_tokens, _scores, _unknownId, _byteIds) = (new VocabularyTrie(vocabulary), scores, unknownId, byteIds);
        _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _singlePrecision = singlePrecision;
        _unknownScore = scores.DefaultIfEmpty().Min() - UnknownPenalty;
    }

    /// <exception cref="UnknownTextException">There is no token for a character, and none for unknown ones.</exception>
    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        Node[] nodes = ArrayPool<Node>.Shared.Rent(piece.Length + 1);
        nodes.AsSpan(0, piece.Length + 1).Fill(new Node(0, -1, 0));
        FindBest(piece, nodes);
        int first = ids.Count;
        for (int end = piece.Length; end > 0;)
        {
            int start = nodes[end].Start;
            // Unknown characters that stand together are one token.
            while (_unknownId is { } unknown && nodes[end].Id == unknown && start > 0 && nodes[start].Id == unknown)
                start = nodes[start].Start;
            AddBackwards(piece[start..end], nodes[end].Id, ids);
            end = start;
        }

        ids.Reverse(first, ids.Count - first);
        ArrayPool<Node>.Shared.Return(nodes);
    }

    private void FindBest(ReadOnlySpan<char> piece, Node[] nodes)
    {
        for (int start = 0, length; start < piece.Length; start += length)
        {
            Rune.DecodeFromUtf16(piece[start..], out _, out length);
            bool isKnown = false;
            int state = VocabularyTrie.Root;
            for (int end = start + 1; end <= piece.Length && _tokens.TryStep(ref state, piece[end - 1]); end++)
            {
                if (_tokens.TokenAt(state) is var token and not VocabularyTrie.NoToken)
                {
                    Improve(nodes, start, end, token, _scores[token]);
                    isKnown |= end - start == length;
                }
            }

            if (!isKnown)
                Improve(nodes, start, start + length, _unknownId ?? throw new UnknownTextException(), _unknownScore);
        }
    }

    private void Improve(Node[] nodes, int start, int end, int id, double score)
    {
        double sum = nodes[start].Score + score;
        if (_singlePrecision)
            sum = (float)sum;
        if (nodes[end].Start < 0 || sum > nodes[end].Score)
            nodes[end] = new Node(sum, start, id);
    }

    private void AddBackwards(ReadOnlySpan<char> text, int id, List<int> ids)
    {
        if (id != _unknownId || _ids.TryGetValue(text, out id))
        {
            ids.Add(id);
            return;
        }

        int first = ids.Count;
        if (_byteIds is not null)
        {
            Span<byte> utf8 = stackalloc byte[4];
            foreach (Rune rune in text.EnumerateRunes())
            {
                foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
                    ids.Add(_byteIds[value]);
            }

            if (!ids.AsReadOnly().Skip(first).Contains(-1))
            {
                ids.Reverse(first, ids.Count - first);
                return;
            }

            ids.RemoveRange(first, ids.Count - first);
        }

        ids.Add(_unknownId!.Value);
    }

    private readonly record struct Node(double Score, int Start, int Id);
}

/// <summary>A text has a character that the vocabulary has no token for, nor one for unknown characters.</summary>
internal sealed class UnknownTextException : Exception;
