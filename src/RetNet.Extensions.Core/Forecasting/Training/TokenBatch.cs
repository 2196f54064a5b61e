using RetNet.Extensions.Core.Forecasting.Series;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>Tokens of some series, with what they should predict.</summary>
/// <param name="shape">How series are cut.</param>
internal sealed class TokenBatch(PatchShape shape)
{
    // A naive forecast's error per spread, within which a token's loss counts in proportion.
    private const double LeastWeight = 0.3;
    private const double MostWeight = 3;

    // Targets are cut here, so that a series that leaves all bounds does not outweigh the others.
    private const double FarthestTarget = 30;

    // The last token with an observation is the one that forecasts are made of.
    private const float LastTokenWeight = 2;

    private readonly List<int> _lengths = [];
    private float[] _features = [];
    private float[] _targets = [];
    private float[] _weights = [];

    /// <summary>The number of tokens.</summary>
    public int Rows { get; private set; }

    /// <summary>The number of values that are to be predicted.</summary>
    public long Targets { get; private set; }

    /// <summary>Tokens of each series.</summary>
    public ReadOnlySpan<int> Lengths => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_lengths);

    /// <summary><c>[rows × F]</c>.</summary>
    public ReadOnlySpan<float> Features => _features.AsSpan(0, Rows * shape.Features);

    /// <summary>What a token should predict, on its scale, <c>[L]</c>; NaN where nothing is known.</summary>
    public ReadOnlySpan<float> TargetsOf(int row) => _targets.AsSpan(row * shape.Horizon, shape.Horizon);

    /// <summary>The weight of each token's loss; they add up to 1.</summary>
    public ReadOnlySpan<float> Weights => _weights.AsSpan(0, Rows);

    public void Clear()
    {
        _lengths.Clear();
        (Rows, Targets) = (0, 0);
    }

    /// <summary>Adds all tokens of a series.</summary>
    public void Add(TrainingSeries series)
    {
        SeriesMemory memory = new(shape, series.Seasons);
        int first = Rows;
        for (int step = 0; step < series.Known; step++)
        {
            memory.Add(series.Values[step]);
            if (memory.Pending == shape.Stride || step == series.Known - 1)
                Add(memory, series.Values, step == series.Known - 1 ? LastTokenWeight : 1);
        }

        for (int token = 0; token < series.Ahead; token++)
        {
            for (int step = 0; step < shape.Stride; step++)
                memory.Add(double.NaN);
            Add(memory, series.Values, 1);
        }

        _lengths.Add(Rows - first);
    }

    /// <summary>Makes the weights add up to 1.</summary>
    public void Normalize()
    {
        double sum = 0;
        foreach (float weight in Weights)
            sum += weight;
        foreach (ref float weight in _weights.AsSpan(0, Rows))
            weight = sum == 0 ? 0 : (float)(weight / sum);
    }

    private void Add(SeriesMemory memory, double[] values, float weight)
    {
        Reserve(Rows + 1);
        memory.WriteToken(_features.AsSpan(Rows * shape.Features, shape.Features));
        Span<float> targets = _targets.AsSpan(Rows * shape.Horizon, shape.Horizon);
        int observed = 0;
        for (int h = 0; h < shape.Horizon; h++)
        {
            double value = memory.Count + h < values.Length ? values[memory.Count + h] : double.NaN;
            bool isKnown = !double.IsNaN(value) && memory.Observed > 0;
            targets[h] = isKnown ? (float)Math.Clamp(memory.Scale.Normalize(value), -FarthestTarget, FarthestTarget) : float.NaN;
            observed += isKnown ? 1 : 0;
        }

        double perSpread = memory.NaiveError > 0 ? memory.Scale.Spread / memory.NaiveError : 1;
        _weights[Rows] = observed == 0 ? 0 : weight * (float)Math.Clamp(perSpread, LeastWeight, MostWeight);
        Targets += observed;
        Rows++;
    }

    private void Reserve(int rows)
    {
        if (_weights.Length >= rows)
            return;
        int length = Math.Max(rows, 2 * _weights.Length);
        Array.Resize(ref _features, length * shape.Features);
        Array.Resize(ref _targets, length * shape.Horizon);
        Array.Resize(ref _weights, length);
    }
}
