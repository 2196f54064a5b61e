namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>A tensor that a model is going to have, and how its values begin.</summary>
internal sealed record ParameterDeclaration(string Name, int[] Shape, Initialization Initialization)
{
    public long Length => Shape.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>The shape as checkpoints count it.</summary>
    public long[] LongShape => Array.ConvertAll(Shape, dimension => (long)dimension);
}
