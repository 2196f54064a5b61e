namespace RetNet.Extensions.Core.Kernels;

/// <summary>Up to six rows of rounded inputs from one group on, as a tile reads them.</summary>
internal readonly unsafe struct IntegerTileInputs
{
    /// <summary>The first row's integers.</summary>
    public required short* Values { get; init; }

    /// <summary>Distance of the rows' integers.</summary>
    public required long Stride { get; init; }

    /// <summary>The first row's scales.</summary>
    public required float* Scales { get; init; }

    /// <summary>The first row's factors of offsets.</summary>
    public required float* OffsetFactors { get; init; }

    /// <summary>Distance of the rows' scales and factors.</summary>
    public required long GroupStride { get; init; }

    /// <summary>The number of groups.</summary>
    public required int Groups { get; init; }

    /// <summary>The rows from the given one on.</summary>
    public IntegerTileInputs From(int row) => new()
    {
        Values = Values + (row * Stride),
        Stride = Stride,
        Scales = Scales + (row * GroupStride),
        OffsetFactors = OffsetFactors + (row * GroupStride),
        GroupStride = GroupStride,
        Groups = Groups,
    };
}
