using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(CustomMappingLoader), null, typeof(SignatureLoadModel),
    "Custom mapping", CustomMappingLoader.LoaderSignature)]

namespace Microsoft.ML.Internal;

/// <summary>Finds the factory of a saved custom mapping by its contract name, in the assembly that the model file names.</summary>
internal static class CustomMappingLoader
{
    public const string LoaderSignature = "CustomTransformer";

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        string contractName = ctx.LoadString();
        env.ComponentCatalog.RegisterAssembly(Assembly.Load(ctx.LoadString()));
        object factory = env.ComponentCatalog.GetExtensionValue(env, typeof(CustomMappingFactoryAttributeAttribute), contractName);
        return ((ICustomMappingFactory)factory).CreateTransformer(env, contractName);
    }
}
