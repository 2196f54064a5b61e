using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>Tokens of some series, with what they should predict.</summary>
internal sealed class TokenBatch
{
    // A naive forecast's error per spread, within which a token's loss counts in proportion.
    private const double LeastWeight = 0.3;
    private const double MostWeight = 8;

    // The last token with an observation is the one that forecasts are made of.
    private const float LastTokenWeight = 2;

    // Multiply-adds that the preparation of a token is worth, for the division among threads.
    private const long CostPerToken = 50_000;

    private readonly PatchShape _shape;
    private readonly float[] _features;
    private readonly float[] _naive;
    private readonly float[] _targets;
    private readonly float[] _weights;

    /// <summary>Prepares series.</summary>
    /// <param name="shape">How series are cut.</param>
    /// <param name="count">The number of series.</param>
    /// <param name="series">A series of the batch; called on several threads.</param>
    /// <param name="pool">The threads.</param>
    public TokenBatch(PatchShape shape, int count, Func<int, TrainingSeries> series, WorkerPool pool)
    {
        _shape = shape;
        TrainingSeries[] all = new TrainingSeries[count];
        pool.For(count, count * CostPerToken, (from, to) =>
        {
            for (int i = from; i < to; i++)
                all[i] = series(i);
        });

        int[] first = new int[count];
        Lengths = new int[count];
        for (int i = 0; i < count; i++)
        {
            first[i] = Rows;
            Lengths[i] = ((all[i].Known + shape.Stride - 1) / shape.Stride) + all[i].Ahead;
            Rows += Lengths[i];
        }

        (_features, _naive) = (new float[Rows * shape.Features], new float[Rows * shape.NaiveSteps]);
        (_targets, _weights) = (new float[Rows * shape.Horizon], new float[Rows]);
        pool.For(count, Rows * CostPerToken, (from, to) =>
        {
            for (int i = from; i < to; i++)
                Write(all[i], first[i]);
        });
        Normalize();
    }

    /// <summary>The number of tokens.</summary>
    public int Rows { get; }

    /// <summary>Tokens of each series.</summary>
    public int[] Lengths { get; }

    /// <summary><c>[rows × F]</c>.</summary>
    public ReadOnlySpan<float> Features => _features;

    /// <summary>The weight of each token's loss; they add up to 1.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>A token's naive forecasts, <c>[K × L]</c>.</summary>
    public ReadOnlySpan<float> NaiveOf(int row) => _naive.AsSpan(row * _shape.NaiveSteps, _shape.NaiveSteps);

    /// <summary>What a token should predict, on its scale, <c>[L]</c>; NaN where nothing is known.</summary>
    public ReadOnlySpan<float> TargetsOf(int row) => _targets.AsSpan(row * _shape.Horizon, _shape.Horizon);

    private void Write(TrainingSeries series, int row)
    {
        SeriesMemory memory = new(_shape, series.Seasons);
        for (int step = 0; step < series.Known; step++)
        {
            memory.Add(series.Values[step]);
            bool isLast = step == series.Known - 1;
            if (memory.Pending == _shape.Stride || isLast)
                Write(memory, series, row++, isLast ? LastTokenWeight : 1);
        }

        for (int token = 0; token < series.Ahead; token++)
        {
            for (int step = 0; step < _shape.Stride; step++)
                memory.Add(double.NaN);
            Write(memory, series, row++, 1);
        }
    }

    private void Write(SeriesMemory memory, TrainingSeries series, int row, float weight)
    {
        memory.WriteToken(_features.AsSpan(row * _shape.Features, _shape.Features),
            _naive.AsSpan(row * _shape.NaiveSteps, _shape.NaiveSteps));
        Span<float> targets = _targets.AsSpan(row * _shape.Horizon, _shape.Horizon);
        int observed = 0;
        for (int h = 0; h < _shape.Horizon; h++)
        {
            long step = memory.Count + h;
            double value = step >= series.FirstTarget && step < series.Values.Length ? series.Values[step] : double.NaN;
            bool isKnown = !double.IsNaN(value) && memory.Observed > 0;
            targets[h] = isKnown ? SeriesScale.Cut(memory.Scale.Normalize(value)) : float.NaN;
            observed += isKnown ? 1 : 0;
        }

        double perSpread = memory.NaiveError > 0 ? memory.Scale.Spread / memory.NaiveError : 1;
        _weights[row] = observed == 0 ? 0 : weight * (float)Math.Clamp(perSpread, LeastWeight, MostWeight);
    }

    private void Normalize()
    {
        double sum = 0;
        foreach (float weight in _weights)
            sum += weight;
        foreach (ref float weight in _weights.AsSpan())
            weight = sum == 0 ? 0 : (float)(weight / sum);
    }
}
