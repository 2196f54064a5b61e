namespace System.Runtime.CompilerServices;

/// <summary>Tells the runtime that this assembly may use the internals of another. The runtime looks for the name; no assembly of it has
/// the type.</summary>
/// <param name="assemblyName">The name of the other assembly.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>The name of the other assembly.</summary>
    public string AssemblyName { get; } = assemblyName;
}
