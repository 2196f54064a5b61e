namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The distribution of a new tensor's values.</summary>
internal enum InitializationKind
{
    /// <summary>All the same.</summary>
    Constant,

    /// <summary>Normal with mean 0.</summary>
    Normal,

    /// <summary>Uniform around 0.</summary>
    Uniform,
}
