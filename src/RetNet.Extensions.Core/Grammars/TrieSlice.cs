using System.Buffers.Binary;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>Some tokens as a tree of their bytes, in one array per field and in the order of a walk: a node, then its children's
/// trees.</summary>
internal sealed class TrieSlice
{
    public const int NoToken = -1;

    private readonly List<(int Token, int Twin)> _twins = [];

    /// <param name="tokens">The bytes of all tokens.</param>
    /// <param name="members">The tokens of this slice.</param>
    /// <param name="plainLength">Their highest number of characters, where all of them are plain.</param>
    public TrieSlice(byte[][] tokens, int[] members, int? plainLength)
    {
        PlainLength = plainLength;
        Mask = new ulong[MaskLength(tokens.Length)];
        foreach (int token in members)
            Mask[token >> 6] |= 1UL << (token & 63);
        Sort(tokens, members);
        List<Node> nodes = new(members.Length);
        List<int> path = [];
        byte[] last = [];
        int lastToken = NoToken;
        foreach (int token in members)
        {
            byte[] bytes = tokens[token];
            int common = bytes.AsSpan().CommonPrefixLength(last);
            if (common == bytes.Length)
            {
                // Sorted, so that only an equal token has no bytes of its own.
                _twins.Add((lastToken, token));
                continue;
            }

            Close(common);
            for (int depth = common; depth < bytes.Length; depth++)
            {
                path.Add(nodes.Count);
                nodes.Add(new Node(bytes[depth], (ushort)depth, depth == bytes.Length - 1 ? token : NoToken, 0));
            }

            Depth = Math.Max(Depth, bytes.Length);
            (last, lastToken) = (bytes, token);
        }

        Close(0);
        Nodes = [.. nodes];

        void Close(int depth)
        {
            for (; path.Count > depth; path.RemoveAt(path.Count - 1))
                nodes[path[^1]] = nodes[path[^1]] with { End = nodes.Count };
        }
    }

    public Node[] Nodes { get; }

    /// <summary>How many <see cref="JsonStringClass.Unescaped"/> a token has at most; null where tokens have others, too.</summary>
    public int? PlainLength { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int Depth { get; }

    /// <summary>A bit for each token of the slice.</summary>
    public ulong[] Mask { get; }

    /// <summary>Words of a mask.</summary>
    public static int MaskLength(int tokens) => tokens + 63 >> 6;

    /// <summary>Allows the tokens that may follow a state.</summary>
    /// <param name="table">The automaton.</param>
    /// <param name="state">A state of it.</param>
    /// <param name="path">[Depth + 1] scratch.</param>
    /// <param name="mask">[words] a bit per token, to which bits are added.</param>
    public void Walk(ParseTable table, int state, int[] path, Span<ulong> mask)
    {
        ReadOnlySpan<Node> nodes = Nodes;
        path[0] = state;
        for (int at = 0; at < nodes.Length;)
        {
            ref readonly Node node = ref nodes[at];
            int next = table.Next(path[node.Depth], node.Byte);
            if (next == ParseTable.Dead)
            {
                at = node.End;
                continue;
            }

            path[node.Depth + 1] = next;
            if (node.Token != NoToken)
                mask[node.Token >> 6] |= 1UL << (node.Token & 63);
            at++;
        }

        foreach ((int token, int twin) in _twins)
            mask[twin >> 6] |= (mask[token >> 6] >> (token & 63) & 1) << (twin & 63);
    }

    /// <summary>By their first eight bytes as one number, then where these are equal by all.</summary>
    private static void Sort(byte[][] tokens, int[] members)
    {
        ulong[] keys = new ulong[members.Length];
        Span<byte> start = stackalloc byte[8];
        for (int i = 0; i < keys.Length; i++)
        {
            byte[] bytes = tokens[members[i]];
            start.Clear();
            bytes.AsSpan(0, Math.Min(bytes.Length, 8)).CopyTo(start);
            keys[i] = BinaryPrimitives.ReadUInt64BigEndian(start);
        }

        Array.Sort(keys, members);
        for (int first = 0, end; first < keys.Length; first = end)
        {
            end = first + 1;
            while (end < keys.Length && keys[end] == keys[first])
                end++;
            members.AsSpan(first, end - first).Sort((left, right) => tokens[left].AsSpan().SequenceCompareTo(tokens[right]));
        }
    }

    /// <param name="Byte">The byte that leads here.</param>
    /// <param name="Depth">Bytes before it.</param>
    /// <param name="Token">The token that ends here, or <see cref="NoToken"/>.</param>
    /// <param name="End">The node after this one's tree.</param>
    public readonly record struct Node(byte Byte, ushort Depth, int Token, int End);
}
