using System.Reflection;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Engines;

namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>The libtorch that this project was built with.</summary>
internal static class TestLibtorch
{
    /// <summary>Why tests that need libtorch are skipped; null when the build has it. One that cannot be loaded is no reason to
    /// skip.</summary>
    public static string? LeftOut { get; } = Metadata("NoLibtorch") is { Length: > 0 } reason ? reason : null;

    /// <summary>The folder with its libraries.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "libtorch", Metadata("Libtorch"));

    /// <summary>Makes the engine load it before a test uses TorchSharp, which would search for another one.</summary>
    [ModuleInitializer]
    internal static void Load()
    {
        if (LeftOut is not null)
            return;
        if (Environment.GetEnvironmentVariable("RETNET_LIBTORCH") is null)
            Environment.SetEnvironmentVariable("RETNET_LIBTORCH", Folder);
        ModelEngines.Missing(Models.Torch);
    }

    private static string Metadata(string key) =>
        typeof(TestLibtorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
