using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models;

/// <summary>
/// A state in a stream: a mark, the version of the format, the content in pieces with their lengths in front, a piece of length 0, and the
/// SHA-256 of all of that. The content is only looked at when all of it is there and has that hash.
/// </summary>
internal sealed unsafe class SavedState : IDisposable
{
    private const uint Mark = 0x54534E52; // "RNST"
    private const int Version = 3;
    private const int PieceLength = 1 << 16;

    private readonly NativeBuffer<byte> _content;

    private SavedState(NativeBuffer<byte> content, long length)
    {
        _content = content;
        Reader = new BinaryReader(new UnmanagedMemoryStream(content.Pointer, length));
    }

    /// <summary>Reads the content.</summary>
    public BinaryReader Reader { get; }

    /// <summary>Writes a state.</summary>
    /// <param name="stream">Receives it.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(Stream stream, Action<BinaryWriter> write)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using Pieces pieces = new(stream, hash);
        pieces.WriteNumber(unchecked((int)Mark));
        pieces.WriteNumber(Version);
        using (BufferedStream buffer = new(pieces, PieceLength))
        using (BinaryWriter writer = new(buffer, Encoding.UTF8))
            write(writer);
        pieces.WriteNumber(0);
        stream.Write(hash.GetHashAndReset());
    }

    /// <summary>Reads a state and compares its hash. Memory grows with the bytes that the stream really holds.</summary>
    /// <exception cref="InvalidDataException">The stream does not hold a state of this version, or it is damaged.</exception>
    public static SavedState Read(Stream stream)
    {
        NativeBuffer<byte> content = new(0);
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            uint mark = unchecked((uint)ReadNumber(stream, hash));
            if (mark != Mark)
                throw new InvalidDataException($"Not a saved state: it starts with 0x{mark:X8}, expected 0x{Mark:X8}.");
            int version = ReadNumber(stream, hash);
            if (version != Version)
                throw new InvalidDataException($"The saved state has format version {version}; this library reads version {Version}.");
            long length = ReadPieces(stream, hash, content);
            Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes], found = stackalloc byte[SHA256.HashSizeInBytes];
            stream.ReadExactly(expected);
            hash.GetHashAndReset(found);
            return found.SequenceEqual(expected)
                ? new SavedState(content, length)
                : throw new InvalidDataException($"The saved state is damaged: found the SHA-256 {Convert.ToHexStringLower(found)}, "
                    + $"expected {Convert.ToHexStringLower(expected)}.");
        }
        catch (Exception exception)
        {
            content.Dispose();
            if (exception is EndOfStreamException)
                throw new InvalidDataException("The saved state is truncated.", exception);
            throw;
        }
    }

    public void Dispose()
    {
        Reader.Dispose();
        _content.Dispose();
    }

    private static long ReadPieces(Stream stream, IncrementalHash hash, NativeBuffer<byte> content)
    {
        long length = 0;
        while (ReadNumber(stream, hash) is not 0 and int piece)
        {
            if (piece is < 0 or > PieceLength)
                throw new InvalidDataException($"The saved state is damaged: found a piece of {piece} bytes, expected 1 to {PieceLength}.");
            content.Grow(length + piece);
            Span<byte> target = new(content.Pointer + length, piece);
            stream.ReadExactly(target);
            hash.AppendData(target);
            length += piece;
        }

        return length;
    }

    private static int ReadNumber(Stream stream, IncrementalHash hash)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        stream.ReadExactly(bytes);
        hash.AppendData(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    /// <summary>Writes pieces of a bounded length to a stream, which it leaves open.</summary>
    private sealed class Pieces(Stream target, IncrementalHash hash) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void WriteNumber(int number)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            WriteBytes(bytes);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            for (; !buffer.IsEmpty; buffer = buffer[Math.Min(PieceLength, buffer.Length)..])
            {
                ReadOnlySpan<byte> piece = buffer[..Math.Min(PieceLength, buffer.Length)];
                WriteNumber(piece.Length);
                WriteBytes(piece);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private void WriteBytes(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            target.Write(bytes);
        }
    }
}
