using Mono.Cecil;
using Mono.Cecil.Cil;

namespace RetNet.Extensions.Core.Tests.Architecture;

/// <summary>Which namespaces of an assembly use which, read from its compiled types: also uses that need no using line.</summary>
internal static class TypeReferences
{
    /// <summary>Reads all uses between different namespaces of an assembly.</summary>
    /// <param name="assembly">The assembly's file.</param>
    /// <returns>The namespace of the using type, that of the used one, and both types' names.</returns>
    public static IEnumerable<(string From, string To, string Place)> Read(string assembly)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(assembly);
        HashSet<(string, string, string)> uses = [];
        foreach (TypeDefinition type in module.GetTypes())
        {
            TypeDefinition outer = Outermost(type);
            foreach (TypeReference used in Uses(type).SelectMany(Parts))
            {
                if (used.Scope != module)
                    continue;
                TypeDefinition target = Outermost(used);
                // What the compiler makes has no namespace.
                if (target.Namespace.Length > 0 && target.Namespace != outer.Namespace)
                    uses.Add((outer.Namespace, target.Namespace, $"{outer.Name} > {target.Name}"));
            }
        }

        return uses;
    }

    private static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        List<TypeReference?> uses =
            [type.BaseType, .. type.Interfaces.Select(one => one.InterfaceType), .. type.Fields.Select(one => one.FieldType)];
        foreach (MethodDefinition method in type.Methods)
        {
            uses.Add(method.ReturnType);
            uses.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
            if (!method.HasBody)
                continue;
            uses.AddRange(method.Body.Variables.Select(variable => variable.VariableType));
            uses.AddRange(method.Body.Instructions.SelectMany(Operands));
        }

        return uses.OfType<TypeReference>();
    }

    private static IEnumerable<TypeReference> Operands(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType],
        _ => [],
    };

    // The element of an array or a pointer, and the arguments of a generic type.
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericParameter => [],
        FunctionPointerType pointer => [.. Parts(pointer.ReturnType), .. pointer.Parameters.SelectMany(one => Parts(one.ParameterType))],
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)],
        TypeSpecification made => Parts(made.ElementType),
        _ => [type],
    };

    private static TypeDefinition Outermost(TypeReference type)
    {
        TypeDefinition found = type.Resolve();
        while (found.DeclaringType is { } outer)
            found = outer;
        return found;
    }
}
