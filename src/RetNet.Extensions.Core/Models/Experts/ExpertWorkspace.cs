using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Experts;

/// <summary>Scratch memory of experts: a row for each pair of a token and an expert that it chose, those of an expert one after the other.
/// Model width d, inner width f, k experts per token.</summary>
internal sealed unsafe class ExpertWorkspace(ExpertOptions options, int width) : IDisposable
{
    private readonly int _k = options.PerToken;
    private readonly ScratchRows _rows = new(
    [
        options.Count, options.PerToken, options.PerToken * width, options.PerToken * options.Width, options.PerToken * options.Width,
        options.PerToken * width, options.SharedWidth == 0 ? 0 : width, options.HasSharedGate ? 1 : 0,
    ]);

    private readonly NativeBuffer<int> _chosen = new(0);
    private readonly NativeBuffer<int> _places = new(0);

    // The first row of each expert, and behind them the number of all rows.
    private readonly NativeBuffer<int> _starts = new(options.Count + 1);
    private readonly NativeBuffer<LinearPart> _parts = new(2 * options.Count);

    /// <summary>The router's scores, <c>[tokens × E]</c>.</summary>
    public float* Scores => _rows[0];

    /// <summary>p, <c>[tokens × k]</c>.</summary>
    public float* Weights => _rows[1];

    /// <summary>n of each pair, <c>[pairs × d]</c>.</summary>
    public float* Inputs => _rows[2];

    /// <summary><c>[pairs × f]</c>.</summary>
    public float* Gate => _rows[3];

    /// <summary><c>[pairs × f]</c>.</summary>
    public float* Up => _rows[4];

    /// <summary>Both branches side by side, <c>[pairs × 2f]</c>, instead of <see cref="Gate"/> and <see cref="Up"/>, which follow each
    /// other.</summary>
    public float* Branches => Gate;

    /// <summary>F_j(n) of each pair, <c>[pairs × d]</c>.</summary>
    public float* Outputs => _rows[5];

    /// <summary>What the expert of all tokens gives, <c>[tokens × d]</c>.</summary>
    public float* Shared => _rows[6];

    /// <summary>The score of its gate, <c>[tokens]</c>.</summary>
    public float* SharedScores => _rows[7];

    /// <summary>The experts of each token, <c>[tokens × k]</c>.</summary>
    public int* Chosen => _chosen.Pointer;

    /// <summary>Memory for the linear layers of all experts.</summary>
    public LinearPart* Parts => _parts.Pointer;

    /// <summary>Where the pairs of each token lie.</summary>
    public ExpertPairs Pairs => new() { PerToken = _k, Places = _places.Pointer, Weights = Weights, Inputs = Inputs, Outputs = Outputs };

    public long ByteSize => _rows.ByteSize + _chosen.ByteSize + _places.ByteSize + _starts.ByteSize + _parts.ByteSize;

    /// <summary>Makes room for tokens, and for the rows that <see cref="Linear.ApplyGroups"/> may read behind the pairs.</summary>
    public void Reserve(int tokens)
    {
        _rows.Reserve(tokens + LinearInputs.TileRows);
        _chosen.Reserve((long)tokens * _k);
        _places.Reserve((long)tokens * _k);
    }

    /// <summary>Gives each pair its row: the pairs of an expert in the order of the tokens.</summary>
    public void GroupByExpert(int tokens)
    {
        Span<int> starts = _starts.Span;
        ReadOnlySpan<int> chosen = new(Chosen, tokens * _k);
        starts.Clear();
        foreach (int expert in chosen)
            starts[expert + 1]++;
        for (int expert = 0; expert < options.Count; expert++)
            starts[expert + 1] += starts[expert];
        for (int pair = 0; pair < chosen.Length; pair++)
            _places.Pointer[pair] = starts[chosen[pair]]++;

        // Each start was moved to the next expert's.
        starts[..^1].CopyTo(starts[1..]);
        starts[0] = 0;
    }

    /// <summary>The rows of an expert.</summary>
    public (int First, int Count) RowsOf(int expert) => (_starts.Pointer[expert], _starts.Pointer[expert + 1] - _starts.Pointer[expert]);

    public void Dispose()
    {
        _rows.Dispose();
        _chosen.Dispose();
        _places.Dispose();
        _starts.Dispose();
        _parts.Dispose();
    }
}

/// <summary>The pairs of tokens and experts, as jobs see them.</summary>
internal readonly unsafe struct ExpertPairs
{
    public required int PerToken { get; init; }

    /// <summary>The row of each pair, <c>[tokens × k]</c>.</summary>
    public required int* Places { get; init; }

    /// <summary>The weight of each pair, <c>[tokens × k]</c>.</summary>
    public required float* Weights { get; init; }

    /// <summary><c>[pairs × d]</c>.</summary>
    public required float* Inputs { get; init; }

    /// <summary><c>[pairs × d]</c>.</summary>
    public required float* Outputs { get; init; }

    /// <summary>The weight of a token's expert j.</summary>
    public float Weight(long token, int j) => Weights[(token * PerToken) + j];

    /// <summary>The row of a token and its expert j in a matrix of pairs.</summary>
    public Span<float> Row(float* rows, long token, int j, int width) =>
        new(rows + ((long)Places[(token * PerToken) + j] * width), width);
}
