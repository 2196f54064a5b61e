using System.Text.RegularExpressions;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Says in one sentence why the system's loader refused a library, and in another what was expected.</summary>
internal static partial class LoaderError
{
    private const string ExpectedPackage =
        "Expected a reference of the application to one of the packages TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, "
        + $"or {NativeTorch.FolderVariable} to name the folder of a libtorch of the version that TorchSharp was built for.";

    /// <summary>Explains a failure.</summary>
    /// <param name="name">The library without prefix and suffix, such as <c>torch_cpu</c>.</param>
    /// <param name="file">The library's file; null where there is none.</param>
    /// <param name="message">The runtime's error message, which has the loader's lines below its own.</param>
    /// <param name="versions">The versions of libtorch that were found and expected, in a sentence.</param>
    public static string Explain(string name, string? file, string message, string versions)
    {
        string owner = name == NativeTorch.OwnLibrary ? " of the package TorchSharp" : "";
        string subject = $"the native library {NativeFiles.FileName(name)}{owner} cannot be loaded";
        if (Cause(name, file, message) is not { } cause)
            return $"{subject} (not found). {ExpectedPackage}";
        if (MissingVersion().Match(cause) is { Success: true } missing)
        {
            (string library, string version) = (missing.Groups["library"].Value, missing.Groups["version"].Value);
            return $"{subject}: it needs {version}, and {Newest(library, version)}. Expected {NativeTorch.FolderVariable} to name "
                + $"the folder that '{PrepareCommand}' makes, or a system with a newer {Path.GetFileName(library)}.";
        }

        if (UndefinedSymbol().IsMatch(cause))
            return $"{subject} ({cause}). {versions}";
        if (MissingLibrary().Match(cause) is { Success: true } needed)
        {
            return $"{subject}: it needs {needed.Groups["library"].Value}, which is missing ({cause}). "
                + "Expected that library beside it, or where this system looks for libraries.";
        }

        return $"{subject} ({cause}). {ExpectedPackage}";
    }

    /// <summary>The highest version of a family such as GLIBCXX that a library has, in a clause.</summary>
    /// <param name="library">The library's file.</param>
    /// <param name="version">A version of the family, such as GLIBCXX_3.4.32.</param>
    public static string Newest(string library, string version)
    {
        string family = version[..(version.LastIndexOf('_') + 1)];
        Version? newest = ElfLibrary.Read(library).VersionDefinitions
            .Where(definition => definition.StartsWith(family, StringComparison.Ordinal))
            .Max(definition => Version.TryParse(definition[family.Length..], out Version? number) ? number : null);
        return newest is null ? $"{library} has no version of {family.TrimEnd('_')}" : $"{library} ends at {family}{newest}";
    }

    // A folder of another libtorch than the application's own would be a second copy in the process.
    private static string PrepareCommand => NativeFiles.OfApplication(NativeTorch.CpuLibrary) is { } own
        ? $"retnet torch prepare FOLDER --libtorch {Path.GetDirectoryName(own)}"
        : "retnet torch prepare FOLDER";

    /// <summary>The loader's message about an existing file; null if it found none.</summary>
    private static string? Cause(string name, string? file, string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length > 1)
            return lines.Skip(1).FirstOrDefault(line => !IsAbsence(name, line));

        // Windows has one line, and one reason for a library that is missing and for one that lacks another.
        return file is null ? null : message.Split("dependencies: ")[^1];
    }

    // The loader tried every spelling of the name in every folder, and reports that most of these files do not exist.
    private static bool IsAbsence(string name, string line)
    {
        const string Apple = "dlopen(";
        string path = line.StartsWith(Apple, StringComparison.Ordinal) ? line[Apple.Length..].Split(',')[0] : line.Split(": ")[0];
        string spelling = Path.GetFileName(path)
            .Replace(".so", "", StringComparison.Ordinal)
            .Replace(".dylib", "", StringComparison.Ordinal);
        return (spelling == name || spelling == $"lib{name}") && !(Path.IsPathRooted(path) && File.Exists(path));
    }

    [GeneratedRegex("^(?<library>.+?): version [`'](?<version>[A-Z]+_[0-9.]+)' not found")]
    private static partial Regex MissingVersion();

    [GeneratedRegex("undefined symbol|Symbol not found|0x8007007F")]
    private static partial Regex UndefinedSymbol();

    [GeneratedRegex(@"^(?<library>[^/:\s]+\.so[.\d]*): |Library not loaded: (?<library>\S+)")]
    private static partial Regex MissingLibrary();
}
