using Mono.Cecil;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Tests.Interop;

public sealed class ArchitectureTests
{
    private const string Library = "RetNet.Extensions.ML";
    private const string Room = $"{Library}.Interop";

    // From the lowest up. The namespace of the library itself has the base of all transformers.
    private static readonly string[] Rooms =
    [
        Room, $"{Library}.Schema", $"{Library}.Rows", $"{Library}.Models", $"{Library}.Onnx", Library, $"{Library}.Trainers",
        $"{Library}.Transforms", $"{Library}.Series", $"{Library}.Forecasting",
    ];

    [Fact]
    public void Nothing_outside_Interop_names_an_internal_of_ML_NET()
    {
        using ModuleDefinition module = AssemblyReferences.Open(Library);

        Assert.Empty(module.GetTypes().Where(type => Namespace(type) != Room).SelectMany(
            type => AssemblyReferences.Of(type).Where(IsInternalOfMLNet).Select(used => $"{type.FullName} uses {used.FullName}")));
    }

    [Fact]
    public void The_check_at_start_lists_exactly_the_internals_that_are_used()
    {
        using ModuleDefinition module = AssemblyReferences.Open(Library);
        IEnumerable<MemberReference> used = module.GetTypes().Where(type => Namespace(type) == Room)
            .SelectMany(AssemblyReferences.Of).Concat(AssemblyReferences.Attributes(module.Assembly)).Where(IsInternalOfMLNet);

        IEnumerable<string> listed = InternalsCheck.Used.SelectMany(
            type => type.Members.Prepend("type").Select(member => $"{type.Type}: {member}"));

        Assert.Equal(listed.Order(StringComparer.Ordinal), used.SelectMany(Describe).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_room_uses_only_rooms_below_it()
    {
        using ModuleDefinition module = AssemblyReferences.Open(Library);

        Assert.Empty(module.GetTypes().Where(type => Rooms.Contains(Namespace(type))).SelectMany(
            type => AssemblyReferences.Of(type).OfType<TypeReference>().Where(used => Floor(used) > Floor(type))
                .Select(used => $"{type.FullName} uses {used.FullName}")));
    }

    private static int Floor(TypeReference type) => Array.IndexOf(Rooms, Namespace(type));

    private static string Namespace(TypeReference type) => type.DeclaringType is { } outer ? Namespace(outer) : type.Namespace;

    private static bool IsInternalOfMLNet(MemberReference member) =>
        Assembly(member).StartsWith("Microsoft.ML", StringComparison.Ordinal)
        && (IsInternal(member) || (member.DeclaringType is { } type && IsInternal(type)));

    private static string Assembly(MemberReference member) =>
        (member as TypeReference ?? member.DeclaringType)?.Resolve()?.Module.Assembly.Name.Name ?? "";

    private static bool IsInternal(MemberReference member) => member switch
    {
        TypeReference reference => reference.Resolve() is { } type && (type.IsNotPublic || type.IsNestedAssembly),
        MethodReference reference => reference.Resolve() is { IsAssembly: true },
        FieldReference reference => reference.Resolve() is { IsAssembly: true },
        _ => false,
    };

    /// <summary>A member as the check writes it; of a member of a type that is internal, the type, too.</summary>
    private static IEnumerable<string> Describe(MemberReference member)
    {
        string type = Reflected((member as TypeReference ?? member.DeclaringType).FullName);
        string signature = member switch
        {
            MethodReference method => $"{Reflected(method.ReturnType.FullName)} {method.Name}("
                + $"{string.Join(", ", method.Parameters.Select(parameter => Reflected(parameter.ParameterType.FullName)))})",
            FieldReference field => $"{Reflected(field.FieldType.FullName)} {field.Name}",
            _ => "type",
        };
        return [$"{type}: type", $"{type}: {signature}"];
    }

    // Cecil writes Outer/Nested and List<T>, reflection Outer+Nested and List[T].
    private static string Reflected(string name) => name.Replace('/', '+').Replace('<', '[').Replace('>', ']');
}
