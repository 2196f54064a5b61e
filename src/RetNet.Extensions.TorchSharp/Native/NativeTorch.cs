using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>Loads the native libraries once, from a package that the application references or from a folder of its choice.</summary>
/// <remarks>TorchSharp looks for them, too, but writes a page to the console when it finds none, and copies files around.</remarks>
internal static class NativeTorch
{
    /// <summary>The environment variable that names the folder of a libtorch, such as <c>torch/lib</c> of a Python installation.</summary>
    public const string FolderVariable = "RETNET_LIBTORCH";

    /// <summary>TorchSharp's own library, which calls libtorch.</summary>
    public const string OwnLibrary = "LibTorchSharp";

    /// <summary>The library of libtorch that every build of it has.</summary>
    public const string CpuLibrary = "torch_cpu";
    private const string CudaLibrary = "torch_cuda";

    private static readonly ConcurrentDictionary<string, nint> Handles = [];
    private static readonly Lazy<string?> Loaded = new(Load);
    private static readonly Lazy<string?> Cuda = new(FindCuda);

    /// <summary>What is missing, in a sentence; null when libtorch is loaded.</summary>
    public static string? Missing => Loaded.Value;

    /// <summary>Why CUDA cannot be used, in a sentence; null when libtorch was built for it and finds a GPU.</summary>
    public static string? CudaMissing => Cuda.Value;

    private static string? Folder { get; } = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;

    // Nothing here may use the class torch, because its first use loads the libraries too.
    private static string? Load()
    {
        if (Folder is { } folder && (FaultOf(folder) ?? SecondCopy(folder)) is { } fault)
            return fault;
        OpenMp.LetThreadsSleep();

        // In the order of their dependencies, so that each finds those before it wherever they lie.
        foreach (string name in (string[])["c10", CpuLibrary, "torch", OwnLibrary])
        {
            if (TryLoad(name) is { } failure)
                return failure;
            if (name == CpuLibrary && !LibtorchVersion.Fits(LibtorchVersion.Found(Handles[name])))
                return Versions;
        }

        KernelFusion.SwitchOff(Handles[CpuLibrary]);

        if (Folder is not null)
            HandOut();
        return null;
    }

    private static string? FindCuda()
    {
        if ((Missing ?? TryLoad(CudaLibrary)) is { } failure)
        {
            return Missing is null && Locate(CudaLibrary) is null
                ? $"this libtorch was built without CUDA: it has no {NativeFiles.FileName(CudaLibrary)}."
                : failure;
        }

        return torch.cuda.is_available() ? null : $"CUDA finds no GPU; {CudaDriver.Answer()}.";
    }

    /// <summary>Why a folder cannot be loaded from, in a sentence; null when it has a libtorch.</summary>
    private static string? FaultOf(string folder)
    {
        const string Expected = "Expected the folder with libtorch's libraries, such as torch/lib of a Python installation.";
        if (!Directory.Exists(folder))
            return $"{FolderVariable} is '{folder}', which is not a folder. {Expected}";
        string file = Path.Combine(folder, NativeFiles.FileName(CpuLibrary));

        // A link exists without its target.
        if (File.Exists(NativeFiles.RealPath(file)))
            return null;
        return new FileInfo(file).LinkTarget is { } target
            ? $"{FolderVariable} is '{folder}', whose {Path.GetFileName(file)} is a link to '{target}', which does not exist. Expected "
            + $"that file, or links to another libtorch ('retnet torch prepare {folder}' makes them)."
            : $"{FolderVariable} is '{folder}', which has no {Path.GetFileName(file)}. {Expected}";
    }

    /// <summary>Why the process would get a second copy of libtorch, in a sentence; null when it would not.</summary>
    /// <remarks>
    /// Two copies end the process, because both register the same operators. TorchSharp loads the application's own libraries, where there
    /// are any, whatever is loaded already.
    /// </remarks>
    private static string? SecondCopy(string folder)
    {
        foreach (string name in (string[])[CpuLibrary, CudaLibrary])
        {
            string ours = Path.Combine(folder, NativeFiles.FileName(name));
            if (NativeFiles.Loaded(NativeFiles.FileName(name)) is { } loaded && !NativeFiles.AreSame(loaded, ours))
            {
                return $"{FolderVariable} is '{folder}', but this process has loaded '{loaded}' already and can have only one libtorch. "
                    + $"Expected {FolderVariable} to be unset, or to name the folder of that file.";
            }

            if (NativeFiles.OfApplication(name) is { } own && !NativeFiles.AreSame(own, ours))
            {
                return $"{FolderVariable} is '{folder}', but the application brings a libtorch of its own, '{own}', and a process can have "
                    + $"only one. Expected {FolderVariable} to be unset, or an application without a package of libtorch, or a folder of "
                    + $"links to its libtorch, which 'retnet torch prepare FOLDER --libtorch {Path.GetDirectoryName(own)}' makes.";
            }
        }

        return null;
    }

    /// <summary>Gives TorchSharp the loaded libraries, so that it does not search for them.</summary>
    private static void HandOut()
    {
        Assembly torchSharp = typeof(torch).Assembly;
        AssemblyLoadContext.GetLoadContext(torchSharp)!.ResolvingUnmanagedDll +=
            (assembly, name) => assembly == torchSharp ? Handles.GetValueOrDefault(name) : 0;
        try
        {
            NativeLibrary.SetDllImportResolver(torchSharp, (name, _, _) => Handles.GetValueOrDefault(name));
        }
        catch (InvalidOperationException)
        {
            // The application has set a resolver of its own, which knows where its libraries are.
        }
    }

    /// <summary>Loads a library from the folder that is named, or from where the application's packages put it.</summary>
    /// <returns>Why it cannot be loaded, in a sentence; null when it is.</returns>
    private static string? TryLoad(string name)
    {
        string? file = Locate(name);
        try
        {
            Handles[name] = file is null ? NativeLibrary.Load(name, typeof(torch).Assembly, null) : NativeLibrary.Load(file);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return LoaderError.Explain(name, file, exception.Message, Versions);
        }
    }

    /// <summary>The file of a library; null where only the system may know one of that name.</summary>
    /// <remarks>Not a link to it: a library looks for those that it needs relative to where it was loaded from.</remarks>
    private static string? Locate(string name)
    {
        string? named = Folder is { } folder ? Path.Combine(folder, NativeFiles.FileName(name)) : null;
        string? file = File.Exists(named) ? named : NativeFiles.OfApplication(name);
        return file is null ? null : NativeFiles.RealPath(file);
    }

    private static string Versions => LibtorchVersion.Compare(
        Handles.TryGetValue(CpuLibrary, out nint handle) ? LibtorchVersion.Found(handle) : null, Locate(CpuLibrary));
}
