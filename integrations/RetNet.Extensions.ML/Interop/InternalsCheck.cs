using System.Reflection;
using Microsoft.ML;

namespace RetNet.Extensions.ML.Interop;

/// <summary>
/// Checks once that ML.NET has every internal type and member that this room uses. An application can override a package's version range;
/// without the check, a missing member would show only when a model is saved or loaded, as an error of the runtime.
/// </summary>
internal static class InternalsCheck
{
    private const BindingFlags Everywhere =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Lazy<string?> Fault = new(() => Describe(typeof(ITransformer).Assembly, typeof(MLContext).Assembly));

    /// <summary>The internal types of ML.NET that this room uses and, of each, the members; of public types the internal members.</summary>
    public static IReadOnlyList<(string Type, string[] Members)> Used { get; } =
    [
        ("Microsoft.ML.Data.CatalogUtils", ["Microsoft.ML.Runtime.IHostEnvironment GetEnvironment(Microsoft.ML.Data.IInternalCatalog)"]),
        ("Microsoft.ML.Data.IDataTransform", []),
        ("Microsoft.ML.Data.IInternalCatalog", []),
        ("Microsoft.ML.LoadableClassAttribute",
            ["System.Void .ctor(System.Type, System.Type, System.Type, System.Type, System.String, System.String[])"]),
        ("Microsoft.ML.Model.OnnxConverter.ICanSaveOnnx", []),
        ("Microsoft.ML.Model.OnnxConverter.ISaveAsOnnx", []),
        ("Microsoft.ML.Model.OnnxConverter.ITransformCanSaveOnnx", []),
        ("Microsoft.ML.Model.OnnxConverter.OnnxContext",
            ["System.Boolean ContainsColumn(System.String)", "System.Void RemoveColumn(System.String, System.Boolean)"]),
        ("Microsoft.ML.ModelLoadContext",
        [
            "System.Boolean TryLoadBinaryStream(System.String, System.Action`1[System.IO.BinaryReader])",
            "System.IO.BinaryReader Reader",
            "System.String Directory",
            "System.Void CheckAtModel(Microsoft.ML.VersionInfo)",
        ]),
        ("Microsoft.ML.ModelSaveContext",
        [
            "System.IO.BinaryWriter Writer",
            "System.Void CheckAtModel()",
            "System.Void SaveBinaryStream(System.String, System.Action`1[System.IO.BinaryWriter])",
            "System.Void SetVersionInfo(Microsoft.ML.VersionInfo)",
        ]),
        ("Microsoft.ML.Runtime.Contracts", ["System.Void CheckAlive(Microsoft.ML.Runtime.IHostEnvironment)"]),
        ("Microsoft.ML.Runtime.ICancelable", ["System.Boolean get_IsCanceled()"]),
        ("Microsoft.ML.Runtime.IHostEnvironmentInternal",
            ["System.Boolean get_FallbackToCpu()", "System.Nullable`1[System.Int32] get_GpuDeviceId()"]),
        ("Microsoft.ML.SchemaShape+Column",
        [
            "System.Void .ctor(System.String, Microsoft.ML.SchemaShape+Column+VectorKind, Microsoft.ML.Data.DataViewType, System.Boolean, "
                + "Microsoft.ML.SchemaShape)",
        ]),
        ("Microsoft.ML.SignatureLoadModel", []),
        ("Microsoft.ML.VersionInfo",
        [
            "System.Void .ctor(System.String, System.UInt32, System.UInt32, System.UInt32, System.String, System.String, System.String)",
        ]),
    ];

    /// <summary>Throws where ML.NET lacks something. The first call takes some milliseconds.</summary>
    /// <exception cref="MissingMemberException">Something is missing; the message names it and the versions.</exception>
    public static void Require()
    {
        if (Fault.Value is { } fault)
            throw new MissingMemberException(fault);
    }

    /// <summary>What ML.NET lacks, with the version found and the versions expected; null where it lacks nothing.</summary>
    /// <param name="assemblies">Microsoft.ML.Core and Microsoft.ML.Data.</param>
    public static string? Describe(params Assembly[] assemblies)
    {
        string[] missing = [.. Used.SelectMany(used => Missing(used.Type, used.Members, assemblies))];
        if (missing.Length == 0)
            return null;
        AssemblyName library = typeof(InternalsCheck).Assembly.GetName();
        string? found = assemblies[0].GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        return $"{library.Name} {library.Version?.ToString(3)} uses internals of ML.NET that Microsoft.ML {found} does not have: "
            + $"{string.Join("; ", missing)}. Expected Microsoft.ML in the version range {ExpectedVersions}.";
    }

    private static string? ExpectedVersions => typeof(InternalsCheck).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "Microsoft.ML").Value;

    private static IEnumerable<string> Missing(string type, string[] members, Assembly[] assemblies)
    {
        Type? found = assemblies.Select(assembly => assembly.GetType(type)).FirstOrDefault(candidate => candidate is not null);
        if (found is null)
            return [type];
        HashSet<string> present = [.. found.GetMembers(Everywhere).Select(Signature)];
        return members.Where(member => !present.Contains(member)).Select(member => $"{type}: {member}");
    }

    private static string Signature(MemberInfo member) => member switch
    {
        FieldInfo field => $"{field.FieldType} {field.Name}",
        MethodInfo method => $"{method.ReturnType} {method.Name}{Parameters(method)}",
        ConstructorInfo constructor => $"{typeof(void)} {constructor.Name}{Parameters(constructor)}",
        _ => member.Name,
    };

    private static string Parameters(MethodBase method) =>
        $"({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType))})";
}
