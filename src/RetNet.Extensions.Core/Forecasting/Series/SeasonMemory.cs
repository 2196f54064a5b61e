namespace RetNet.Extensions.Core.Forecasting.Series;

/// <summary>What is remembered of one season of a series: per phase the last value and the usual deviation from the mean of a
/// season.</summary>
/// <param name="length">Steps m of a season.</param>
internal sealed class SeasonMemory(int length)
{
    // The profile is the mean of the first seasons' deviations; later ones enter with this weight, so that it follows changes.
    private const double LeastWeight = 0.12;
    private const int LongestMean = 256;

    private readonly double[] _last = Filled(length);
    private readonly double[] _recent = Filled(length);
    private readonly double[] _profile = new double[length];
    private readonly int[] _seen = new int[length];
    private double _profileSum;
    private double _recentSum;
    private int _recentCount;
    private double _difference;
    private long _differences;

    /// <summary>Steps m of a season.</summary>
    public int Length => length;

    /// <summary>Bytes of memory.</summary>
    public long ByteSize => length * ((3L * sizeof(double)) + sizeof(int));

    /// <summary>The mean |y_t − y_(t−m)|; 0 before there is one.</summary>
    public double MeanDifference => _difference;

    /// <summary>Adds the value of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="value">Its value; NaN if it is missing.</param>
    public void Add(long step, double value)
    {
        int phase = (int)(step % length);
        ReplaceRecent(phase, value);
        if (double.IsNaN(value))
            return;
        if (!double.IsNaN(_last[phase]))
        {
            _differences++;
            _difference += (Math.Abs(value - _last[phase]) - _difference) / Math.Min(_differences, LongestMean);
        }

        _last[phase] = value;
        if (step >= length - 1 && 2 * _recentCount >= length)
            Learn(phase, value - (_recentSum / _recentCount));
    }

    /// <summary>The last value of a step's phase; NaN if there is none.</summary>
    public double Last(long step) => _last[step % length];

    /// <summary>The usual deviation of a step's phase from the mean of a season; 0 as long as it is unknown.</summary>
    public double Profile(long step)
    {
        int phase = (int)(step % length);
        return _seen[phase] == 0 ? 0 : _profile[phase] - (_profileSum / length);
    }

    /// <summary>Copies what another memory of the same length remembers.</summary>
    public void CopyFrom(SeasonMemory other)
    {
        other._last.CopyTo(_last, 0);
        other._recent.CopyTo(_recent, 0);
        other._profile.CopyTo(_profile, 0);
        other._seen.CopyTo(_seen, 0);
        (_profileSum, _recentSum, _recentCount) = (other._profileSum, other._recentSum, other._recentCount);
        (_difference, _differences) = (other._difference, other._differences);
    }

    public void Save(BinaryWriter writer)
    {
        for (int phase = 0; phase < length; phase++)
        {
            writer.Write(_last[phase]);
            writer.Write(_recent[phase]);
            writer.Write(_profile[phase]);
            writer.Write(_seen[phase]);
        }

        writer.Write(_profileSum);
        writer.Write(_recentSum);
        writer.Write(_recentCount);
        writer.Write(_difference);
        writer.Write(_differences);
    }

    public void Load(BinaryReader reader)
    {
        for (int phase = 0; phase < length; phase++)
        {
            _last[phase] = reader.ReadDouble();
            _recent[phase] = reader.ReadDouble();
            _profile[phase] = reader.ReadDouble();
            _seen[phase] = reader.ReadInt32();
        }

        _profileSum = reader.ReadDouble();
        _recentSum = reader.ReadDouble();
        _recentCount = reader.ReadInt32();
        _difference = reader.ReadDouble();
        _differences = reader.ReadInt64();
    }

    private static double[] Filled(int length)
    {
        double[] values = new double[length];
        Array.Fill(values, double.NaN);
        return values;
    }

    private void Learn(int phase, double deviation)
    {
        double weight = Math.Max(1.0 / ++_seen[phase], LeastWeight);
        double change = weight * (deviation - _profile[phase]);
        _profile[phase] += change;
        _profileSum += change;
    }

    /// <summary>Keeps the sum of the last m values. It is computed anew once a season, so that rounding and values that were once large do
    /// not stay in it.</summary>
    private void ReplaceRecent(int phase, double value)
    {
        double before = _recent[phase];
        _recent[phase] = value;
        if (phase == 0)
        {
            (_recentSum, _recentCount) = (0, 0);
            foreach (double recent in _recent)
                Count(recent, 1);
            return;
        }

        Count(before, -1);
        Count(value, 1);
    }

    private void Count(double value, int sign)
    {
        if (double.IsNaN(value))
            return;
        _recentSum += sign * value;
        _recentCount += sign;
    }
}
