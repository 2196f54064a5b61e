using Mono.Cecil;
using Mono.Cecil.Cil;

namespace RetNet.Extensions.ML.Tests.Interop;

/// <summary>What a type of an assembly refers to, read from its metadata and its code.</summary>
internal static class AssemblyReferences
{
    /// <summary>Opens an assembly of the test's folder.</summary>
    public static ModuleDefinition Open(string name)
    {
        DefaultAssemblyResolver resolver = new();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        return ModuleDefinition.ReadModule(
            Path.Combine(AppContext.BaseDirectory, $"{name}.dll"), new ReaderParameters { AssemblyResolver = resolver });
    }

    /// <summary>The types and members that a type refers to, without the types nested in it.</summary>
    public static IEnumerable<MemberReference> Of(TypeDefinition type) =>
    [
        .. Attributes(type),
        .. type.BaseType is { } parent ? Types(parent) : [],
        .. type.Interfaces.SelectMany(implemented => Types(implemented.InterfaceType)),
        .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).SelectMany(constraint => Types(constraint.ConstraintType)),
        .. type.Fields.SelectMany(Signature),
        .. type.Methods.SelectMany(method => (IEnumerable<MemberReference>)[.. Signature(method), .. Attributes(method), .. Code(method)]),
    ];

    /// <summary>The types and members that the attributes of an assembly or a type refer to.</summary>
    public static IEnumerable<MemberReference> Attributes(ICustomAttributeProvider provider) => provider.CustomAttributes.SelectMany(
        attribute => (IEnumerable<MemberReference>)
        [
            attribute.Constructor,
            .. Signature(attribute.Constructor),
            .. attribute.ConstructorArguments.Select(argument => argument.Value).OfType<TypeReference>().SelectMany(Types),
        ]);

    private static IEnumerable<MemberReference> Code(MethodDefinition method)
    {
        if (!method.HasBody)
            return [];
        return
        [
            .. method.Body.Variables.SelectMany(variable => Types(variable.VariableType)),
            .. method.Body.Instructions.SelectMany(Operand),
        ];
    }

    private static IEnumerable<MemberReference> Operand(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => Types(type),
        MethodReference method => [method.Resolve() ?? method, .. Signature(method)],
        FieldReference field => [field.Resolve() ?? field, .. Signature(field)],
        _ => [],
    };

    private static IEnumerable<TypeReference> Signature(FieldReference field) => [.. Declaring(field), .. Types(field.FieldType)];

    private static IEnumerable<TypeReference> Signature(MethodReference method) =>
    [
        .. Declaring(method),
        .. Types(method.ReturnType),
        .. method.Parameters.SelectMany(parameter => Types(parameter.ParameterType)),
        .. method is GenericInstanceMethod instance ? instance.GenericArguments.SelectMany(Types) : [],
    ];

    private static IEnumerable<TypeReference> Declaring(MemberReference member) => member.DeclaringType is { } type ? Types(type) : [];

    /// <summary>A type, its element type and its arguments.</summary>
    private static IEnumerable<TypeReference> Types(TypeReference type)
    {
        if (type is GenericInstanceType instance)
            return [.. Types(instance.ElementType), .. instance.GenericArguments.SelectMany(Types)];
        return type is TypeSpecification specification ? Types(specification.ElementType) : [type];
    }
}
