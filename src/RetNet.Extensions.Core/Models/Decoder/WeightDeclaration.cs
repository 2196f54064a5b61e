using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>A weight as its family's layout declares it.</summary>
/// <param name="Name">The tensor's name in a checkpoint.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
[Experimental("RETNET001")]
public sealed record WeightDeclaration(string Name, int[] Shape)
{
    internal WeightDeclaration(string name, int[] shape, Initialization initialization)
        : this(name, shape) => Initialization = initialization;

    /// <summary>How the values of a new model are drawn.</summary>
    internal Initialization Initialization { get; init; }

    /// <summary>The tensor's name in checkpoints of earlier years; null where it has always been the same.</summary>
    internal string? FormerName { get; init; }

    /// <summary>Where some checkpoints hold the weight instead, if there is such a place.</summary>
    internal FusedRows? Fused { get; init; }

    /// <summary>Where some checkpoints hold an expert's weight instead, with those of the others; the usual place first.</summary>
    internal IReadOnlyList<ExpertSlice> Slices { get; init; } = [];

    /// <summary>What the model adds to the values: 1 for the norms of Gemma, which begin with zeros; 0 by default.</summary>
    public float Added { get; init; }

    /// <summary>Whether files are written with the weight in its <see cref="Fused"/> place, or else in the first of its
    /// <see cref="Slices"/>.</summary>
    internal bool IsJoined { get; init; }

    /// <summary>The number of values.</summary>
    public long Length => Shape.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>W of a linear layer, <c>[rows × columns]</c>.</summary>
    internal static WeightDeclaration Matrix(string name, int rows, int columns, Initialization initialization) =>
        new(name, [rows, columns], initialization);

    /// <summary>The weight of a norm, <c>[length]</c>, which begins with ones.</summary>
    /// <param name="name">The tensor's name in a checkpoint.</param>
    /// <param name="length">Its length.</param>
    /// <param name="addsOne">Whether the tensor holds the weight minus one.</param>
    internal static WeightDeclaration Norm(string name, int length, bool addsOne = false) => addsOne
        ? new(name, [length], Initialization.Zeros) { Added = 1 }
        : new(name, [length], Initialization.Ones);

    /// <summary>A bias, <c>[length]</c>, which begins with zeros.</summary>
    internal static WeightDeclaration Bias(string name, int length) => new(name, [length], Initialization.Zeros);
}

/// <summary>Rows of a tensor that stands for several weights at once.</summary>
/// <param name="Absent">Checkpoints without this tensor have the fused one.</param>
/// <param name="Name">The fused tensor's name.</param>
/// <param name="Rows">The fused tensor's rows.</param>
/// <param name="First">The weight's first row in it, or in each group.</param>
/// <param name="Groups">The number of groups of the fused tensor's rows; each has its part of the weight's rows.</param>
internal sealed record FusedRows(string Absent, string Name, long Rows, long First, int Groups = 1);
