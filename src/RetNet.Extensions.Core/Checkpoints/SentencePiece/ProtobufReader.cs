using System.Buffers.Binary;

namespace RetNet.Extensions.Core.Checkpoints.SentencePiece;

/// <summary>Reads the fields of one message of protocol buffers, none of which reaches beyond it.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string file)
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private ReadOnlySpan<byte> _rest = message;
    private int _kind;
    private ulong _number;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="CheckpointException">It is cut off or malformed.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        ulong tag = ReadVarint();
        (Field, _kind) = ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
        switch (_kind)
        {
            case Varint:
                _number = ReadVarint();
                break;
            case Fixed32:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
                break;
            case Fixed64:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
                break;
            case Bytes:
                _bytes = Take(ReadVarint());
                break;
            default:
                throw Fault($"a field of kind {_kind}");
        }

        return true;
    }

    /// <summary>The field as a message, a text or bytes.</summary>
    public readonly ReadOnlySpan<byte> Message => _kind == Bytes ? _bytes : throw Fault($"a number as field {Field}");

    public readonly int Integer => _kind == Varint ? (int)(long)_number : throw Fault($"no number as field {Field}");

    public readonly bool Flag => Integer != 0;

    public readonly float Single =>
        _kind == Fixed32 ? BitConverter.UInt32BitsToSingle((uint)_number) : throw Fault($"no float32 as field {Field}");

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw Fault("a number of more than 64 bits");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
            throw Fault("a file that is cut off");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private readonly CheckpointException Fault(string found) => new(file, found, "a model of SentencePiece");
}
