using Microsoft.ML;

namespace RetNet.Extensions.ML.Interop;

/// <summary>How ML.NET recognises a kind of saved transformer.</summary>
/// <param name="Signature">The eight characters at the start of the main entry.</param>
/// <param name="Loader">The name that <see cref="TransformerLoader{TTransformer}"/> is registered by, at most 24 characters.</param>
internal readonly record struct ArchiveFormat(string Signature, string Loader)
{
    private const uint Version = 0x00010001;

    /// <summary>The format as ML.NET writes it. The loader's assembly has no version there, so that a later one can read it.</summary>
    internal VersionInfo ToVersionInfo() => new(
        modelSignature: Signature,
        verWrittenCur: Version,
        verReadableCur: Version,
        verWeCanReadBack: Version,
        loaderAssemblyName: typeof(ArchiveFormat).Assembly.GetName().Name,
        loaderSignature: Loader);
}
