using System.IO.MemoryMappedFiles;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A file mapped into memory for reading; Dispose unmaps it.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    public MappedFile(FileStream stream)
    {
        _file = MemoryMappedFile.CreateFromFile(stream, mapName: null, stream.Length, MemoryMappedFileAccess.Read,
            HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    // The pointer holds on to the view's handle: without this, a file that was not disposed would stay mapped for ever.
    ~MappedFile() => ReleasePointer();

    /// <summary>The file's first byte; null once it is unmapped.</summary>
    public byte* Start => _start;

    public void Dispose()
    {
        if (_start is null)
            return;
        ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    private void ReleasePointer()
    {
        if (_start is null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
    }
}
