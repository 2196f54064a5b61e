using System.Reflection;
using System.Runtime.Loader;
using Microsoft.ML;
using Mono.Cecil;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Tests.Interop;

public sealed class InternalsCheckTests
{
    private static readonly Assembly Data = typeof(MLContext).Assembly;

    [Fact]
    public void The_version_that_the_library_is_built_with_has_all() =>
        Assert.Null(InternalsCheck.Describe(typeof(ITransformer).Assembly, Data));

    [Fact]
    public void A_member_with_another_signature_and_a_type_that_is_gone_are_named_with_the_versions_found_and_expected()
    {
        Assembly core = Change(module =>
        {
            TypeDefinition context = module.GetType("Microsoft.ML.ModelSaveContext");
            context.Methods.Single(method => method.Name == "SaveBinaryStream").Parameters.RemoveAt(1);
            module.GetType("Microsoft.ML.VersionInfo").Name = "FormatVersion";
            CustomAttribute version = module.Assembly.CustomAttributes.Single(
                attribute => attribute.AttributeType.Name == nameof(AssemblyInformationalVersionAttribute));
            version.ConstructorArguments[0] = new CustomAttributeArgument(module.TypeSystem.String, "5.7.0+c0ffee");
        });

        string? fault = InternalsCheck.Describe(core, Data);

        Assert.NotNull(fault);
        Assert.Contains(
            "Microsoft.ML.ModelSaveContext: System.Void SaveBinaryStream(System.String, System.Action`1[System.IO.BinaryWriter])",
            fault, StringComparison.Ordinal);
        Assert.Contains("; Microsoft.ML.VersionInfo.", fault, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML 5.7.0 does not have", fault, StringComparison.Ordinal);
        Assert.Contains("[5.0.1,5.1.0)", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("SchemaShape", fault, StringComparison.Ordinal);
    }

    /// <summary>Loads ML.NET's core with a change, beside the one that the program uses.</summary>
    private static Assembly Change(Action<ModuleDefinition> change)
    {
        using ModuleDefinition module = AssemblyReferences.Open("Microsoft.ML.Core");
        change(module);
        using MemoryStream image = new();
        module.Write(image);
        image.Position = 0;
        return new AssemblyLoadContext("changed").LoadFromStream(image);
    }
}
