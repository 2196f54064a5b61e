using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>A conversation after a turn, as a value: its messages, and what the model remembers of them. It can be kept in any
/// <see cref="IConversationStore"/> and go on in another process or on another machine.</summary>
/// <remarks>
/// As bytes: the mark <c>RNCV</c>, the version of the format (int32), <see cref="Turn"/> (int64), the lengths of messages and state (int32
/// each), the messages (JSON as Microsoft.Extensions.AI writes it), the state, and the SHA-256 of all of that; little-endian. A RetNet's
/// state has a fixed size, one of a multi-state Transformer is bounded by its policy.
/// </remarks>
public sealed class StoredConversation
{
    private const uint Mark = 0x56434E52; // "RNCV"
    private const int Version = 1;
    private const int HeaderLength = 24;

    private static readonly JsonTypeInfo<IList<ChatMessage>> MessagesType =
        (JsonTypeInfo<IList<ChatMessage>>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IList<ChatMessage>));

    /// <summary>Creates a conversation.</summary>
    /// <param name="turn">The number of turns, not negative.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="state">What the model remembers, in the client's own format; empty if it remembers nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of turns is negative.</exception>
    public StoredConversation(long turn, IReadOnlyList<ChatMessage> messages, ReadOnlyMemory<byte> state = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(turn);
        ArgumentNullException.ThrowIfNull(messages);
        (Turn, Messages, State) = (turn, messages, state);
    }

    /// <summary>A conversation without messages.</summary>
    public static StoredConversation Empty { get; } = new(0, []);

    /// <summary>The number of turns: how often the conversation was continued.</summary>
    public long Turn { get; }

    /// <summary>The messages, answers included.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>What the model remembers, in the client's own format, which names the model; empty if it remembers nothing.</summary>
    public ReadOnlyMemory<byte> State { get; }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The conversation.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a conversation of this version, or they are damaged.</exception>
    public static StoredConversation FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength + SHA256.HashSizeInBytes)
            throw Damaged($"{bytes.Length} bytes", $"at least {HeaderLength + SHA256.HashSizeInBytes}");
        long turn = ReadTurn(bytes);
        ReadOnlySpan<byte> content = bytes[..^SHA256.HashSizeInBytes];
        if (!SHA256.HashData(content).AsSpan().SequenceEqual(bytes[content.Length..]))
            throw Damaged("content that does not match its SHA-256", "undamaged bytes");
        int messages = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        int state = BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]);
        if (turn < 0 || messages < 0 || state < 0 || HeaderLength + (long)messages + state != content.Length)
            throw Damaged($"turn {turn} with {messages} bytes of messages and {state} of state", $"{content.Length - HeaderLength} bytes");
        try
        {
            IList<ChatMessage> read = JsonSerializer.Deserialize(content.Slice(HeaderLength, messages), MessagesType)
                ?? throw Damaged("no list of messages", "one");
            return new StoredConversation(turn, [.. read.Select(StoredResults.Read)], content[(HeaderLength + messages)..].ToArray());
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("The stored conversation has messages that are no JSON of messages.", exception);
        }
    }

    /// <summary>The conversation as bytes, with a checksum.</summary>
    /// <returns>The bytes, which <see cref="FromBytes"/> reads.</returns>
    /// <exception cref="NotSupportedException">A message has content that cannot be written as JSON.</exception>
    public byte[] ToBytes()
    {
        byte[] messages = JsonSerializer.SerializeToUtf8Bytes([.. Messages.Select(StoredResults.Write)], MessagesType);
        byte[] bytes = new byte[checked(HeaderLength + messages.Length + State.Length + SHA256.HashSizeInBytes)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Turn);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), messages.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), State.Length);
        messages.CopyTo(bytes, HeaderLength);
        State.CopyTo(bytes.AsMemory(HeaderLength + messages.Length));
        int content = bytes.Length - SHA256.HashSizeInBytes;
        SHA256.HashData(bytes.AsSpan(0, content), bytes.AsSpan(content));
        return bytes;
    }

    /// <summary>The end of <see cref="Turn"/> among the bytes.</summary>
    internal const int TurnEnd = 16;

    /// <summary>The turn that the first bytes of a conversation tell.</summary>
    /// <exception cref="InvalidDataException">They are not the beginning of one.</exception>
    internal static long ReadTurn(ReadOnlySpan<byte> head)
    {
        if (head.Length < TurnEnd)
            throw Damaged($"{head.Length} bytes", $"at least {TurnEnd}");
        uint mark = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (mark != Mark)
            throw Damaged($"0x{mark:X8} at the beginning", $"0x{Mark:X8}");
        int version = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        if (version != Version)
            throw Damaged($"format version {version}", $"version {Version}");
        return BinaryPrimitives.ReadInt64LittleEndian(head[8..]);
    }

    private static InvalidDataException Damaged(string found, string expected) =>
        new($"The stored conversation is damaged: found {found}, expected {expected}.");
}
