using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace RetNet.Extensions.ML.Interop;

/// <summary>Loads a saved transformer. ML.NET finds this class by an attribute in Registrations.cs and calls <c>Create</c>.</summary>
/// <typeparam name="TTransformer">The transformer.</typeparam>
internal static class TransformerLoader<TTransformer>
    where TTransformer : ISavedTransformer
{
    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        InternalsCheck.Require();
        return TTransformer.Load(env.Register(TTransformer.Format.Loader), new ArchiveReader(ctx, TTransformer.Format));
    }
}

/// <summary>A transformer that can be read from a model archive.</summary>
internal interface ISavedTransformer
{
    /// <summary>What ML.NET recognises it by.</summary>
    static abstract ArchiveFormat Format { get; }

    /// <summary>Reads what the transformer's <c>Save</c> wrote.</summary>
    /// <param name="host">The transformer's host.</param>
    /// <param name="archive">The archive; its format is checked.</param>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    static abstract ITransformer Load(IHost host, ArchiveReader archive);
}
