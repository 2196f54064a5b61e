using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Transformer.Experts;

/// <summary>How the checkpoints of an architecture name the weights of experts, within a block.</summary>
/// <remarks>A file may hold the matrices of all experts in one tensor each, under <c>mlp.experts.gate_proj</c> and so on: GGUF files
/// appear so.</remarks>
internal sealed record ExpertNames
{
    /// <summary>W_r.</summary>
    public required string Router { get; init; }

    /// <summary>The bias of the choice.</summary>
    public string SelectionBias { get; init; } = "mlp.gate.e_score_correction_bias";

    /// <summary>Whether that bias is a row, <c>[1 × E]</c>; otherwise <c>[E]</c>.</summary>
    public bool HasSelectionRow { get; init; }

    /// <summary>What the names of all experts begin with; the expert's number follows.</summary>
    public string Experts { get; init; } = "mlp.experts";

    public string Gate { get; init; } = "gate_proj";

    public string Up { get; init; } = "up_proj";

    public string Down { get; init; } = "down_proj";

    /// <summary>A tensor with W_gate and W_up of all experts, <c>[E × 2f × d]</c>, and, with the suffix _bias, their biases.</summary>
    public string JoinedBranches { get; init; } = "mlp.experts.gate_up_proj";

    /// <summary>A tensor with W_down of all experts, <c>[E × d × f]</c>.</summary>
    public string JoinedDown { get; init; } = "mlp.experts.down_proj";

    /// <summary>Whether the rows of W_gate and W_up alternate in the joined tensor, and the joined matrices are transposed, as in gpt-oss.
    /// Otherwise W_gate stands above W_up.</summary>
    public bool IsInterleaved { get; init; }

    /// <summary>Whether files of transformers have the joined tensors.</summary>
    public bool AreJoined { get; init; }

    /// <summary>What the names of the expert that every token passes begin with.</summary>
    public string Shared { get; init; } = "";

    /// <summary>The tensor with W_gate above W_up of that expert; null where each has its own.</summary>
    public string? SharedBranches { get; init; }

    /// <summary>W_down of that expert.</summary>
    public string SharedDown { get; init; } = "down_proj";

    /// <summary>The gate of that expert.</summary>
    public string SharedGate { get; init; } = "";

    /// <summary>The weights of a block's experts.</summary>
    /// <param name="options">E experts of inner width f.</param>
    /// <param name="width">d.</param>
    /// <param name="prefix">What the block's names begin with.</param>
    /// <param name="initialization">How the values of new matrices are drawn.</param>
    public ExpertsLayout Layout(ExpertOptions options, int width, string prefix, Initialization initialization)
    {
        int f = options.Width, count = options.Count;
        return new ExpertsLayout
        {
            Options = options,
            Router = new(
                [WeightDeclaration.Matrix($"{prefix}{Router}.weight", count, width, initialization)],
                options.Biases ? WeightDeclaration.Bias($"{prefix}{Router}.bias", count) : null),
            SelectionBias = options.HasSelectionBias
                ? new($"{prefix}{SelectionBias}", HasSelectionRow ? [1, count] : [count], Initialization.Zeros)
                : null,
            Experts = [.. Enumerable.Range(0, count).Select(expert => new GatedLayout
            {
                Gate = Matrix(expert, Gate, f, width, GateSlices),
                Up = Matrix(expert, Up, f, width, UpSlices),
                Down = Matrix(expert, Down, width, f, DownSlices),
                GateBias = Bias(expert, Gate, f, GateSlices),
                UpBias = Bias(expert, Up, f, UpSlices),
                DownBias = Bias(expert, Down, width, DownSlices),
            })],
            Shared = options.SharedWidth == 0 ? null : new GatedLayout
            {
                Gate = SharedBranch("gate_proj", 0),
                Up = SharedBranch("up_proj", options.SharedWidth),
                Down = WeightDeclaration.Matrix($"{prefix}{Shared}.{SharedDown}.weight", width, options.SharedWidth, initialization),
            },
            SharedGate = options.HasSharedGate
                ? WeightDeclaration.Matrix($"{prefix}{SharedGate}.weight", 1, width, initialization)
                : null,
        };

        WeightDeclaration SharedBranch(string name, int first)
        {
            WeightDeclaration branch =
                WeightDeclaration.Matrix($"{prefix}{Shared}.{name}.weight", options.SharedWidth, width, initialization);
            return SharedBranches is null ? branch : branch with
            {
                Fused = new FusedRows(branch.Name, $"{prefix}{Shared}.{SharedBranches}.weight", 2 * options.SharedWidth, first),
                IsJoined = true,
            };
        }

        WeightDeclaration Matrix(int expert, string name, int rows, int columns, Func<int, string, string, ExpertSlice[]> slices) =>
            WeightDeclaration.Matrix($"{prefix}{Experts}.{expert}.{name}.weight", rows, columns, initialization) with
            {
                Slices = slices(expert, "", ".weight"),
                IsJoined = AreJoined,
            };

        WeightDeclaration? Bias(int expert, string name, int length, Func<int, string, string, ExpertSlice[]> slices) =>
            !options.Biases ? null : WeightDeclaration.Bias($"{prefix}{Experts}.{expert}.{name}.bias", length) with
            {
                Slices = slices(expert, "_bias", ".bias"),
                IsJoined = AreJoined,
            };

        ExpertSlice[] GateSlices(int expert, string joined, string own) => Branch(expert, 0, joined, $"gate_proj{own}");

        ExpertSlice[] UpSlices(int expert, string joined, string own) => Branch(expert, IsInterleaved ? 1 : f, joined, $"up_proj{own}");

        ExpertSlice[] Branch(int expert, int first, string joined, string own) =>
        [
            new($"{prefix}{JoinedBranches}{joined}", count, expert, 2 * f, first, IsInterleaved ? 2 : 1, IsInterleaved),
            new($"{prefix}mlp.experts.{own}", count, expert, f),
        ];

        ExpertSlice[] DownSlices(int expert, string joined, string own) =>
        [
            new($"{prefix}{JoinedDown}{joined}", count, expert, width, IsTransposed: IsInterleaved),
            new($"{prefix}mlp.experts.down_proj{own}", count, expert, width),
        ];
    }
}
