namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Memory that tensors lie in: a file, or a copy of a part of one.</summary>
internal unsafe interface ITensorMemory
{
    /// <summary>Path of the file that the tensors are from.</summary>
    string Path { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The memory was released.</exception>
    byte* Data { get; }

    /// <summary>Releases memory that can be recreated from the file on demand. No pointer to it may be in use.</summary>
    void Trim()
    {
    }
}
