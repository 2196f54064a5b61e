using System.Runtime.InteropServices;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Loads the native libraries once. They come with a package that the application references, or from a folder of its
/// choice.</summary>
/// <remarks>TorchSharp looks for them, too, but writes a page to the console when it finds none, and copies files around.</remarks>
internal static class NativeTorch
{
    /// <summary>The environment variable that names the folder of a libtorch, such as that of a Python installation
    /// (<c>…/torch/lib</c>).</summary>
    public const string FolderVariable = "RETNET_LIBTORCH";

    private static readonly Lazy<string?> Loaded = new(Load);
    private static readonly Lazy<bool> Cuda = new(() => Missing is null && TryLoad("torch_cuda") is null && torch.cuda.is_available());

    private static string? Folder => Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;

    /// <summary>What is missing, in a sentence; null when libtorch is loaded.</summary>
    public static string? Missing => Loaded.Value;

    /// <summary>Whether libtorch was built for CUDA and finds a GPU.</summary>
    public static bool HasCuda => Cuda.Value;

    // Nothing here may touch the class torch: its first use loads the libraries, too.
    private static string? Load()
    {
        if (Folder is { } folder && !Directory.Exists(folder))
            return $"{FolderVariable} is '{folder}', which is no folder. {Expected}";

        // In the order of their dependencies, so that each finds those before it wherever they lie.
        foreach (string dependency in (string[])["c10", "torch_cpu", "torch"])
        {
            if (TryLoad(dependency) is { } missing)
                return $"the native library {FileName(dependency)} cannot be loaded ({missing}). {Expected}";
        }

        return TryLoad("LibTorchSharp") is { } error
            ? $"the native library {FileName("LibTorchSharp")} of the package TorchSharp cannot be loaded ({error}). {Expected}"
            : null;
    }

    private static string Expected =>
        "Expected a reference of the application to one of the packages TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, "
        + $"or {FolderVariable} to name the folder of a libtorch of the version that TorchSharp was built for.";

    /// <summary>Loads a library from the folder that is named, or from where the application's packages put it.</summary>
    /// <returns>Why it cannot be loaded; null when it is.</returns>
    private static string? TryLoad(string name)
    {
        try
        {
            if (Folder is { } folder && File.Exists(Path.Combine(folder, FileName(name))))
                NativeLibrary.Load(Path.Combine(folder, FileName(name)));
            else
                NativeLibrary.Load(name, typeof(torch).Assembly, null);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return FirstCause(exception.Message);
        }
    }

    // The runtime lists every place that it looked at; the loader's word on a file that was there is worth more.
    private static string FirstCause(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => !line.Contains("No such file", StringComparison.Ordinal)
            && line.Contains(": ", StringComparison.Ordinal) && line.StartsWith('/')) ?? "not found";
    }

    private static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
}
