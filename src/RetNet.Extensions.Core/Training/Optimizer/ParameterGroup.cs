namespace RetNet.Extensions.Core.Training.Optimizer;

/// <summary>Neighbours in a list of parameters that share a memory, such as those of a model on a device, which precede those of a head on
/// the CPU.</summary>
/// <param name="Memory">Where they lie.</param>
/// <param name="Parameters">The parameters, in the order of the list.</param>
internal sealed record ParameterGroup(ParameterMemory Memory, IReadOnlyList<Parameter> Parameters)
{
    /// <summary>Splits a list where the memory changes.</summary>
    public static List<ParameterGroup> Split(IReadOnlyList<Parameter> parameters)
    {
        List<ParameterGroup> groups = [];
        for (int first = 0, next; first < parameters.Count; first = next)
        {
            ParameterMemory memory = parameters[first].Memory;
            for (next = first + 1; next < parameters.Count && ReferenceEquals(parameters[next].Memory, memory);)
                next++;
            groups.Add(new ParameterGroup(memory, [.. parameters.Skip(first).Take(next - first)]));
        }

        return groups;
    }
}
