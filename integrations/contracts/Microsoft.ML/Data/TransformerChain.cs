using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(TransformerChain<ITransformer>), typeof(TransformerChain), null, typeof(SignatureLoadModel),
    "Transformer chain", TransformerChain.LoaderSignature)]

namespace Microsoft.ML.Data;

/// <summary>Loads a chain of transformers from a model file.</summary>
internal static class TransformerChain
{
    public const string LoaderSignature = "TransformerChain";
    private const int MaximumLength = 10_000;

    public static string DirectoryOf(int index) => $"Transform_{index:000}";

    private static TransformerChain<ITransformer> Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        int length = ctx.Reader.ReadInt32();
        Contracts.CheckDecode(length is >= 0 and <= MaximumLength, "Corrupt model file");
        List<ITransformer> transformers = [];
        List<TransformerScope> scopes = [];
        for (int i = 0; i < length; i++)
        {
            scopes.Add((TransformerScope)ctx.Reader.ReadInt32());
            ctx.LoadModel<ITransformer, SignatureLoadModel>(env, out ITransformer transformer, DirectoryOf(i));
            transformers.Add(transformer);
        }

        return new TransformerChain<ITransformer>(transformers, scopes);
    }
}
