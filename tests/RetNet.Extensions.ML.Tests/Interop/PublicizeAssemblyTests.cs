using Mono.Cecil;

namespace RetNet.Extensions.ML.Tests.Interop;

public sealed class PublicizeAssemblyTests
{
    private const string Internal = "internal";
    private const string Public = "public";

    [Theory]
    [InlineData("Microsoft.ML.Core", 177, 186)]
    [InlineData("Microsoft.ML.Data", 443, 1365)]
    public void What_is_internal_becomes_public_and_all_else_stays_as_it_is(string name, int types, int members)
    {
        string copy = Path.Combine(AppContext.BaseDirectory, "publicized", $"{name}.dll");
        PublicizeAssembly task = new()
        {
            Source = Path.Combine(AppContext.BaseDirectory, $"{name}.dll"),
            Destination = copy,
            Namespace = "Microsoft.ML",
            References = [typeof(PublicizeAssemblyTests).Assembly.Location, typeof(object).Assembly.Location],
        };

        Assert.True(task.Execute());

        using ModuleDefinition before = AssemblyReferences.Open(name);
        using ModuleDefinition after = AssemblyReferences.Open($"publicized/{name}");
        Assert.Equal((types, members), (Count(before, after, Types), Count(before, after, Members)));
    }

    private static IEnumerable<(string Name, string Visibility)> Types(ModuleDefinition module) =>
        module.GetTypes().Select(type => (type.FullName, (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.NotPublic or TypeAttributes.NestedAssembly => Internal,
            TypeAttributes.Public or TypeAttributes.NestedPublic => Public,
            TypeAttributes other => $"{other}",
        }));

    private static IEnumerable<(string Name, string Visibility)> Members(ModuleDefinition module)
    {
        foreach (TypeDefinition type in module.GetTypes())
        {
            foreach (FieldDefinition field in type.Fields)
                yield return (field.FullName, Visibility((int)(field.Attributes & FieldAttributes.FieldAccessMask)));
            foreach (MethodDefinition method in type.Methods)
                yield return (method.FullName, Visibility((int)(method.Attributes & MethodAttributes.MemberAccessMask)));
        }

        // Fields and methods number their accesses alike.
        static string Visibility(int access) => (FieldAttributes)access switch
        {
            FieldAttributes.Assembly => Internal,
            FieldAttributes.Public => Public,
            FieldAttributes other => $"{other}",
        };
    }

    /// <summary>The number of those that became public; every other one has the visibility that it had.</summary>
    private static int Count(
        ModuleDefinition before, ModuleDefinition after, Func<ModuleDefinition, IEnumerable<(string Name, string Visibility)>> read)
    {
        int count = 0;
        foreach (((string Name, string Visibility) was, (string Name, string Visibility) became) in read(before).Zip(read(after)))
        {
            Assert.Equal(was.Name, became.Name);
            bool isPublic = was.Visibility == Internal && became.Visibility == Public;
            count += isPublic ? 1 : 0;
            Assert.True(isPublic || was.Visibility == became.Visibility, $"{was} became {became.Visibility}.");
        }

        return count;
    }
}
