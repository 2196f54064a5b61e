#nullable disable
#pragma warning disable IDE0005 // The build compiles this file alone; a test project, where these namespaces are implied, compiles it, too.

using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Mono.Cecil;

/// <summary>Writes a copy of an assembly in which internal types and members are public. The copy is for the compiler alone.</summary>
public class PublicizeAssembly : ITask
{
    /// <summary>The assembly.</summary>
    [Required]
    public string Source { get; set; }

    /// <summary>The file to write.</summary>
    [Required]
    public string Destination { get; set; }

    /// <summary>Only types of this namespace and of those below it change: copies of the compiler's own attributes stay internal.</summary>
    [Required]
    public string Namespace { get; set; }

    /// <summary>The assemblies that it may refer to.</summary>
    [Required]
    public string[] References { get; set; }

    public IBuildEngine BuildEngine { get; set; }

    public ITaskHost HostObject { get; set; }

    public bool Execute()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        using (DefaultAssemblyResolver resolver = new())
        using (ModuleDefinition module = ModuleDefinition.ReadModule(Source, new ReaderParameters { AssemblyResolver = resolver }))
        {
            foreach (string directory in References.Select(Path.GetDirectoryName).Distinct())
                resolver.AddSearchDirectory(directory);
            foreach (TypeDefinition type in module.Types.Where(type => (type.Namespace + ".").StartsWith(Namespace + ".")))
                Publicize(type);
            module.Write(Destination);
        }

        return true;
    }

    /// <summary>Internal becomes public. Private and protected stay, alone and combined with internal.</summary>
    private static void Publicize(TypeDefinition type)
    {
        if (type.IsNotPublic)
            type.IsPublic = true;
        if (type.IsNestedAssembly)
            type.IsNestedPublic = true;
        foreach (FieldDefinition field in type.Fields.Where(field => field.IsAssembly))
            field.IsPublic = true;
        foreach (MethodDefinition method in type.Methods.Where(method => method.IsAssembly))
            method.IsPublic = true;
        foreach (TypeDefinition nested in type.NestedTypes)
            Publicize(nested);
    }
}
