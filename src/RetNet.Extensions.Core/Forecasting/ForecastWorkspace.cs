using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>Scratch memory for some tokens: F values in, embedded width d, L·Q quantiles out, of K naive forecasts.</summary>
internal sealed unsafe class ForecastWorkspace(ForecasterConfiguration c) : IDisposable
{
    private readonly ScratchRows _rows = new([c.Shape.Features, 2 * c.EmbeddingWidth, c.Width, c.Width, c.Outputs, c.Shape.NaiveSteps]);
    private int[] _tokens = [];

    public float* Features => _rows[0];

    public float* Embedding => _rows[1];

    public float* Inputs => _rows[2];

    public float* Hidden => _rows[3];

    public float* Outputs => _rows[4];

    public float* Naive => _rows[5];

    /// <summary>The decoder's only token, for each row.</summary>
    public ReadOnlySpan<int> Tokens(int rows) => _tokens.AsSpan(0, rows);

    public long ByteSize => _rows.ByteSize;

    public Span<float> FeaturesOf(int row) => new(Features + ((long)row * c.Shape.Features), c.Shape.Features);

    public Span<float> NaiveOf(int row) => new(Naive + ((long)row * c.Shape.NaiveSteps), c.Shape.NaiveSteps);

    public ReadOnlySpan<float> QuantilesOf(int row) => new(Outputs + ((long)row * c.Outputs), c.Quantiles);

    public void Reserve(int rows)
    {
        _rows.Reserve(rows);
        if (_tokens.Length < rows)
            _tokens = new int[rows];
    }

    /// <summary>Moves what belongs to one row to an earlier one.</summary>
    public void Move(int from, int to)
    {
        if (from == to)
            return;
        FeaturesOf(from).CopyTo(FeaturesOf(to));
        NaiveOf(from).CopyTo(NaiveOf(to));
        new Span<float>(Hidden + ((long)from * c.Width), c.Width).CopyTo(new Span<float>(Hidden + ((long)to * c.Width), c.Width));
    }

    public void Dispose() => _rows.Dispose();
}
