using System.Runtime.InteropServices;
using System.Text;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp;

/// <summary>
/// Makes a folder for the environment variable RETNET_LIBTORCH: links to the libraries of a libtorch, and TorchSharp's own library in a
/// form that this system loads.
/// </summary>
/// <remarks>
/// On Linux TorchSharp's library needs a version of libstdc++ (GLIBCXX_3.4.32, of GCC 13) from which it uses nothing. Systems with an older
/// libstdc++, such as Debian 12, Ubuntu 22.04 and RHEL 9, refuse it. There the folder gets a copy in which that need is marked weak.
/// </remarks>
public static class LibtorchFolder
{
    private const string NoteFile = "about-this-folder.txt";
    private const string UnfinishedFile = "unfinished-library";

    /// <summary>Creates the folder, or replaces its content.</summary>
    /// <param name="folder">The folder, which is created; if it exists, it must be empty or made by this method.</param>
    /// <param name="libtorch">A folder with the libraries of a libtorch, or one whose folder <c>lib</c> has them.</param>
    /// <returns>What was done, in a sentence.</returns>
    /// <exception cref="FileNotFoundException">There is no libtorch, or TorchSharp has no library for this system.</exception>
    /// <exception cref="IOException"><paramref name="folder"/> has other files, or cannot be written.</exception>
    /// <exception cref="PlatformNotSupportedException">TorchSharp's library uses symbols that this system's libraries do not
    /// have.</exception>
    public static string Prepare(string folder, string libtorch)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(libtorch);
        string source = Libraries(libtorch);
        string torchSharp = TorchSharpLibrary(source);
        RequireOwn(folder, source);
        (byte[]? bytes, string explanation) = OperatingSystem.IsLinux() ? Loadable(torchSharp) : (null, "");

        Directory.CreateDirectory(folder);
        string own = Path.GetFileName(torchSharp);
        string[] libraries = [.. Directory.GetFiles(source).Where(file => NativeFiles.IsLibrary(file) && Path.GetFileName(file) != own)];
        string done = $"{folder}: {libraries.Length} libraries of {source}, and {own}{explanation}.";
        string unfinished = Path.Combine(folder, UnfinishedFile);
        Write(unfinished, Encoding.UTF8.GetBytes(done + Environment.NewLine));
        File.Move(unfinished, Path.Combine(folder, NoteFile), overwrite: true);
        if (bytes is not null)
            Write(unfinished, bytes);

        // From here on only links are made and names changed.
        foreach (string old in Directory.GetFiles(folder).Where(NativeFiles.IsLibrary))
            File.Delete(old);
        foreach (string library in libraries)
            Link(library, folder);
        if (bytes is null)
            Link(torchSharp, folder);
        else
            File.Move(unfinished, Path.Combine(folder, own));
        return done;
    }

    /// <summary>The libtorch for the CPU among NuGet's packages, in the version that TorchSharp was built for.</summary>
    /// <param name="packageCache">
    /// The folder of NuGet's packages; null for the one that the environment variable NUGET_PACKAGES names, or else the user's
    /// <c>.nuget/packages</c>.
    /// </param>
    /// <returns>The folder of its libraries.</returns>
    /// <exception cref="FileNotFoundException">The package is missing.</exception>
    public static string FindPackage(string? packageCache = null)
    {
        packageCache ??= Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string platform = RuntimeInformation.RuntimeIdentifier;
        (string name, string version) = ($"libtorch-cpu-{platform}", LibtorchVersion.Expected?.ToString(fieldCount: 3) ?? "");
        string folder = Path.Combine(packageCache, name, version, "runtimes", platform, "native");
        if (Directory.Exists(folder))
            return folder;
        throw new FileNotFoundException($"'{packageCache}' has no package {name} {version}. Expected NuGet's package folder, with that "
            + "package.");
    }

    /// <summary>The folder with the libraries of a libtorch.</summary>
    private static string Libraries(string libtorch)
    {
        string file = NativeFiles.FileName(NativeTorch.CpuLibrary);
        foreach (string folder in (string[])[libtorch, Path.Combine(libtorch, "lib")])
        {
            if (File.Exists(Path.Combine(folder, file)))
                return Path.GetFullPath(folder);
        }

        throw new FileNotFoundException($"Neither '{libtorch}' nor its folder lib has {file}. Expected the folder of a libtorch.");
    }

    /// <summary>TorchSharp's own library: the application's beside its libtorch, or the one that came with this engine.</summary>
    private static string TorchSharpLibrary(string source)
    {
        string file = NativeFiles.FileName(NativeTorch.OwnLibrary);
        string platform = RuntimeInformation.RuntimeIdentifier;
        return File.Exists(Path.Combine(source, file)) ? Path.Combine(source, file)
            : NativeFiles.OfApplication(NativeTorch.OwnLibrary)
            ?? throw new FileNotFoundException($"TorchSharp {LibtorchVersion.TorchSharp} has no {file} for {platform}.");
    }

    private static void RequireOwn(string folder, string source)
    {
        if (NativeFiles.RealPath(folder) == NativeFiles.RealPath(source))
            throw new IOException($"'{folder}' is the libtorch itself. Expected another folder for the links to it.");
        if (File.Exists(folder))
            throw new IOException($"'{folder}' is a file. Expected a folder, or the name of a new one.");
        bool isEmpty = !Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any();
        if (!isEmpty && !File.Exists(Path.Combine(folder, NoteFile)))
            throw new IOException($"'{folder}' has other files. Expected an empty folder, or the name of a new one.");
    }

    /// <summary>The bytes of a library in a form that this system loads, null for the library as it is, and what was changed.</summary>
    private static (byte[]? Bytes, string Explanation) Loadable(string library)
    {
        ElfLibrary elf = ElfLibrary.Read(library);
        List<ElfVersionNeed> missing = [];
        List<string> reasons = [];
        foreach (IGrouping<string, ElfVersionNeed> needs in elf.VersionNeeds.Where(need => !need.IsWeak).GroupBy(need => need.Library))
        {
            // The system's loader reports a library that is not there.
            if (!NativeLibrary.TryLoad(needs.Key, out _) || NativeFiles.Loaded(needs.Key) is not { } file)
                continue;
            HashSet<string> versions = [.. ElfLibrary.Read(file).VersionDefinitions];
            foreach (ElfVersionNeed need in needs.Where(need => !versions.Contains(need.Version)))
            {
                string newest = LoaderError.Newest(file, need.Version);
                if (need.IsUsed)
                {
                    throw new PlatformNotSupportedException(
                        $"{library} uses {need.Version}, and {newest}. Expected a system with a newer {need.Library}.");
                }

                missing.Add(need);
                reasons.Add($"{need.Version} ({newest}; no relocation uses a symbol of that version)");
            }
        }

        return missing.Count == 0
            ? (null, " as it is")
            : (elf.WithWeak(missing), $" in a copy that does without {string.Join(", ", reasons)}");
    }

    /// <summary>Writes a file, all of it or none.</summary>
    private static void Write(string file, byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(file, bytes);
        }
        catch
        {
            File.Delete(file);
            throw;
        }
    }

    private static void Link(string library, string folder)
    {
        string link = Path.Combine(folder, Path.GetFileName(library));
        try
        {
            File.CreateSymbolicLink(link, NativeFiles.RealPath(library));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && OperatingSystem.IsWindows())
        {
            // Windows lets only some users make links.
            File.Copy(library, link);
        }
    }
}
