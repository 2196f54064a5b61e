using System.Diagnostics;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>A file system of one mebibyte, which only Linux and only an administrator can mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Bytes = 1 << 20;
    private const int PageBytes = 4096;

    private readonly TemporaryFolder _folder = new();

    private SmallDisk()
    {
    }

    /// <summary>Where it is mounted.</summary>
    public string Root => _folder.Root;

    public string this[string name] => _folder[name];

    /// <summary>Mounts one.</summary>
    /// <returns>The disk; null where this process may not.</returns>
    public static SmallDisk? TryMount()
    {
        SmallDisk disk = new();
        if (OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={Bytes}", "tmpfs", disk.Root))
            return disk;
        disk._folder.Dispose();
        return null;
    }

    /// <summary>Saves with more and more room, until there is enough.</summary>
    /// <param name="save">Saves.</param>
    /// <param name="afterFailure">Called when there was too little room.</param>
    /// <returns>How often there was too little.</returns>
    public int FillAndSave(Action save, Action afterFailure)
    {
        for (int pages = 0; ; pages++)
        {
            string filler = this["filler"];
            Fill(filler, pages);
            Exception? exception = Record.Exception(save);
            File.Delete(filler);
            if (exception is null)
                return pages;
            Assert.IsAssignableFrom<IOException>(exception);
            afterFailure();
        }
    }

    public void Dispose()
    {
        Run("umount", Root);
        _folder.Dispose();
    }

    private static void Fill(string file, int pagesLeft)
    {
        using FileStream stream = new(file, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                stream.Write(new byte[PageBytes]);
        }
        catch (IOException)
        {
            stream.SetLength(Math.Max(0, ((stream.Length / PageBytes) - pagesLeft) * PageBytes));
        }
    }

    private static bool Run(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command, arguments) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
