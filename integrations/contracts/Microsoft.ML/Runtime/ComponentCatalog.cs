using System.Reflection;

namespace Microsoft.ML.Runtime;

/// <summary>What a model file names: loaders of components and custom mappings, found by the attributes of registered assemblies.</summary>
public sealed class ComponentCatalog
{
    private readonly HashSet<Assembly> _assemblies = [];
    private readonly Dictionary<(string Name, Type Signature), LoadableClassAttribute> _loaders = [];
    private readonly Dictionary<(Type Attribute, string Contract), Type> _extensions = [];

    internal ComponentCatalog()
    {
    }

    public void RegisterAssembly(Assembly assembly, bool throwOnError = true)
    {
        Contracts.CheckValue(assembly, nameof(assembly));
        lock (_assemblies)
        {
            if (!_assemblies.Add(assembly))
                return;
            foreach (LoadableClassAttribute loader in assembly.GetCustomAttributes<LoadableClassAttribute>())
            {
                foreach (string name in loader.LoadNames)
                    _loaders[(name.ToLowerInvariant(), loader.SigType)] = loader;
            }

            foreach (Type type in assembly.GetTypes().Where(type => type.IsClass && !type.IsAbstract))
            {
                if (type.GetCustomAttribute<ExtensionBaseAttribute>(inherit: false) is ExtensionBaseAttribute extension)
                    _extensions[(extension.GetType(), extension.ContractName)] = type;
            }
        }
    }

    /// <summary>Calls the constructor or the static method Create of the loader registered under a signature; null when there is none.</summary>
    internal object CreateInstanceOrNull(IHostEnvironment env, string signature, Type signatureType, object[] extra)
    {
        LoadableClassAttribute loader;
        lock (_assemblies)
        {
            if (!_loaders.TryGetValue((signature.ToLowerInvariant(), signatureType), out loader))
                return null;
        }

        return loader.CreateInstance(env, signatureType, extra);
    }

    internal object GetExtensionValue(IHostEnvironment env, Type attributeType, string contractName)
    {
        lock (_assemblies)
        {
            return _extensions.TryGetValue((attributeType, contractName), out Type type)
                ? Activator.CreateInstance(type)
                : throw env.Except("Unable to locate extension with contract name '{0}' of type '{1}'.", contractName, attributeType.FullName);
        }
    }
}
