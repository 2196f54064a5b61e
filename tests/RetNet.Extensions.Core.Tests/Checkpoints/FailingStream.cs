namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>A stream on a disk that is full: the n-th write fails, and every later one.</summary>
/// <param name="target">Receives what is written before.</param>
/// <param name="failing">The number of the write that fails, from 0.</param>
internal sealed class FailingStream(Stream target, int failing) : Stream
{
    private int _writes;

    /// <summary>Whether a write has failed.</summary>
    public bool HasFailed => _writes > failing;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes with every number of the failing write, until none fails.</summary>
    /// <param name="write">Writes to the stream.</param>
    /// <param name="afterFailure">Called when a write failed, as it must have been reported.</param>
    /// <returns>The number of writes.</returns>
    public static int FailEach(Action<FailingStream> write, Action afterFailure)
    {
        for (int failing = 0; ; failing++)
        {
            FailingStream stream = new(Null, failing);
            Exception? exception = Record.Exception(() => write(stream));
            if (!stream.HasFailed)
            {
                Assert.Null(exception);
                return failing;
            }

            Assert.IsAssignableFrom<IOException>(exception);
            afterFailure();
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_writes++ >= failing)
            throw new IOException("No space left on device");
        target.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
