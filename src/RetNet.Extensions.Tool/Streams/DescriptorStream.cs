using System.Runtime.InteropServices;

namespace RetNet.Extensions.Tool.Streams;

/// <summary>Writes to a file descriptor on Unix. Unlike the streams of <see cref="Console"/>, which drop what a closed pipe does not take,
/// it fails.</summary>
/// <param name="descriptor">The descriptor; -1 for one that is closed.</param>
internal sealed unsafe partial class DescriptorStream(int descriptor) : Stream
{
    // Numbers of errors that all Unix systems share, but for the one that a full pipe which does not block gives.
    private const int Interrupted = 4;
    private const int BrokenPipe = 32;
    private static readonly int WouldBlock = OperatingSystem.IsLinux() ? 11 : 35;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="ClosedPipeException">It is a pipe without a reader.</exception>
    /// <exception cref="IOException">It cannot be written for another reason.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written;
            fixed (byte* bytes = buffer)
                written = Write(descriptor, bytes, buffer.Length);
            if (written >= 0)
                buffer = buffer[(int)written..];
            else
                WaitOrThrow(Marshal.GetLastPInvokeError());
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void WaitOrThrow(int error)
    {
        if (error == BrokenPipe)
            throw new ClosedPipeException();
        if (error == WouldBlock)
            Thread.Sleep(1);
        else if (error != Interrupted)
            throw new IOException($"The output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, byte* bytes, nint count);
}
