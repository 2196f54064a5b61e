using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Says how a component named in a model file is made: by a constructor, or a static method Create, that takes the environment (optional) and
/// the parameters of the signature.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class LoadableClassAttribute : Attribute
{
    public LoadableClassAttribute(Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : this(instType, instType, argType, sigType, userName, loadNames)
    {
    }

    public LoadableClassAttribute(Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
    {
        Contracts.CheckValue(instType, nameof(instType));
        Contracts.CheckValue(loaderType, nameof(loaderType));
        Contracts.CheckValue(sigType, nameof(sigType));
        Contracts.CheckParam(argType is null, nameof(argType), "Components with an arguments object are not supported.");
        InstanceType = instType;
        LoaderType = loaderType;
        SigType = sigType;
        UserName = userName;
        LoadNames = loadNames is { Length: > 0 } ? loadNames : [userName];
    }

    public LoadableClassAttribute(string summary, Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : this(instType, instType, argType, sigType, userName, loadNames)
    {
    }

    public LoadableClassAttribute(string summary, Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : this(instType, loaderType, argType, sigType, userName, loadNames)
    {
    }

    public Type InstanceType { get; }

    public Type LoaderType { get; }

    public Type SigType { get; }

    public string UserName { get; }

    public string[] LoadNames { get; }

    internal object CreateInstance(IHostEnvironment env, Type signatureType, object[] extra)
    {
        const BindingFlags flags = BindingFlags.Public | BindingFlags.NonPublic;
        Type[] parameters = [.. signatureType.GetMethod("Invoke").GetParameters().Select(parameter => parameter.ParameterType)];
        Contracts.Check(parameters.Length == extra.Length, $"Wrong number of extra parameters for loadable class '{LoadNames[0]}'.");
        Type[] withEnvironment = [typeof(IHostEnvironment), .. parameters];
        MethodBase maker = null;
        bool takesEnvironment = true;
        foreach (Type[] types in new[] { withEnvironment, parameters })
        {
            maker = LoaderType.GetConstructor(flags | BindingFlags.Instance, types);
            if (maker is null && LoaderType.GetMethod("Create", flags | BindingFlags.Static, types) is MethodInfo create && create.ReturnType == InstanceType)
                maker = create;
            takesEnvironment = types == withEnvironment;
            if (maker is not null)
                break;
        }

        Contracts.Check(maker is not null, $"Can't instantiate class '{InstanceType.Name}'");
        object[] arguments = takesEnvironment ? [env, .. extra] : extra;
        try
        {
            return maker is ConstructorInfo constructor ? constructor.Invoke(arguments) : maker.Invoke(null, arguments);
        }
        catch (TargetInvocationException exception) when (Contracts.IsMarked(exception.InnerException))
        {
            throw new InvalidOperationException("Error during class instantiation", exception);
        }
    }
}
