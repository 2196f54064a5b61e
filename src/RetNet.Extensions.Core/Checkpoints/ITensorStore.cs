namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Holds the bytes of tensors: in a file, or in memory.</summary>
internal unsafe interface ITensorStore
{
    /// <summary>Path of the file that the tensors are from.</summary>
    string Path { get; }

    /// <summary>The first byte where the tensors lie in memory; null where they are read from a file.</summary>
    /// <exception cref="ObjectDisposedException">The memory was released.</exception>
    byte* Memory { get; }

    /// <summary>Copies bytes.</summary>
    /// <param name="offset">The first byte's distance from the start of the tensors.</param>
    /// <param name="target">Receives as many bytes as it is long, all of which the store has.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or has changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed, or the memory was released.</exception>
    void Read(long offset, Span<byte> target) => new ReadOnlySpan<byte>(Memory + offset, target.Length).CopyTo(target);
}
