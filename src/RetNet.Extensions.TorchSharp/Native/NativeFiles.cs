using System.Diagnostics;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Where native libraries are: names, folders, and what the process has loaded.</summary>
internal static class NativeFiles
{
    /// <summary>The file name of a library on this system, such as <c>libtorch_cpu.so</c> for <c>torch_cpu</c>.</summary>
    public static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>Whether a file is a library, going by its name: <c>libgomp.so.1</c> is one.</summary>
    public static bool IsLibrary(string file)
    {
        string name = Path.GetFileName(file);
        return OperatingSystem.IsWindows() ? name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
            : OperatingSystem.IsMacOS() ? name.EndsWith(".dylib", StringComparison.Ordinal)
            : name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal);
    }

    /// <summary>A library among those that the application brings; null where it brings none of that name.</summary>
    public static string? OfApplication(string name)
    {
        string folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, FileName(name)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>The file of a library that the process has loaded; null where it has loaded none of that name.</summary>
    /// <param name="start">The file's name, or its first part: <c>libstdc++.so.6</c> is loaded from <c>libstdc++.so.6.0.30</c>.</param>
    public static string? Loaded(string start)
    {
        using Process process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith(start, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether two paths lead to one file, which the system's loader loads once.</summary>
    public static bool AreSame(string one, string other) => RealPath(one) == RealPath(other);

    /// <summary>The path of a file without links in any part of it.</summary>
    public static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is not { } parent)
            return full;
        string file = Path.Combine(RealPath(parent), Path.GetFileName(full));
        return Path.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : file;
    }
}
