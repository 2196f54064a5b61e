using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>The weights of a forecaster beside its decoder's: F values of a token in, quantiles of L steps at Q levels out, K naive
/// forecasts. Model width d, inner width e.</summary>
internal sealed class PatchLayout(ForecasterConfiguration c)
{
    /// <summary>What the names of these weights begin with.</summary>
    public const string Prefix = "forecasting.";

    /// <summary>W_gate, <c>[e × F]</c>.</summary>
    public WeightDeclaration Gate { get; } = Matrix("gate.weight", c.EmbeddingWidth, c.Shape.Features);

    /// <summary>W_up, <c>[e × F]</c>.</summary>
    public WeightDeclaration Up { get; } = Matrix("up.weight", c.EmbeddingWidth, c.Shape.Features);

    /// <summary>W_down, <c>[d × e]</c>.</summary>
    public WeightDeclaration Down { get; } = Matrix("down.weight", c.Width, c.EmbeddingWidth);

    /// <summary>W_out, <c>[(L·Q + K) × d]</c>: quantiles, and below them the logits of the naive forecasts' weights.</summary>
    public WeightDeclaration Output { get; } =
        WeightDeclaration.Matrix(Prefix + "output.weight", c.Outputs, c.Width, Initialization.Normal(0.01));

    /// <summary>W_skip, <c>[(L·Q + K) × F]</c>: what of them is linear in a token's values.</summary>
    public WeightDeclaration Skip { get; } =
        WeightDeclaration.Matrix(Prefix + "skip.weight", c.Outputs, c.Shape.Features, Initialization.Normal(0.002));

    /// <summary>All of them, in the order in which they are drawn and trained.</summary>
    public IReadOnlyList<WeightDeclaration> Weights => [Gate, Up, Down, Output, Skip];

    private static WeightDeclaration Matrix(string name, int rows, int columns) =>
        WeightDeclaration.Matrix(Prefix + name, rows, columns, Initialization.FanIn(columns));
}
