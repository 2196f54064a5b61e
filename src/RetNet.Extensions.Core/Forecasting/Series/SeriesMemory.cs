namespace RetNet.Extensions.Core.Forecasting.Series;

/// <summary>What is remembered of a series beside the model's state: the last steps, the scale, and each season. Its size does not depend
/// on the length of the series.</summary>
internal sealed class SeriesMemory
{
    /// <summary>The model is told of this many steps at most: no generated series of the training is longer.</summary>
    public const int LongestCounted = 1500;

    private const int LongestMean = 128;

    // Steps without an observation are counted up to here: no series of the training goes further ahead.
    private const int FarthestAhead = 256;

    // The model is told of a 0 this many spreads away at most: a counter may stand at any height, which says nothing of its changes. In
    // the training it is nearer for 99 of 100 tokens.
    private const double FarthestZero = 300;

    // More steps than any series has; so many more can be counted.
    private const long MostSteps = long.MaxValue / 2;

    private readonly PatchShape _shape;
    private readonly SeasonMemory[] _seasons;
    private readonly double[] _ring;
    private readonly float[] _window;
    private readonly double[] _sorted;
    private readonly double[] _shifts = new double[PatchShape.Seasons];
    private readonly double[] _profileLevels = new double[PatchShape.Seasons];
    private SeriesScale _before = SeriesScale.None;
    private double _last = double.NaN;
    private double _change;
    private long _changes;
    private double _smallest = double.PositiveInfinity;
    private double _largest = double.NegativeInfinity;
    private int _stride;
    private bool _isNew;
    private long _ahead;

    /// <summary>Remembers nothing yet.</summary>
    /// <param name="shape">How the series is cut into tokens.</param>
    /// <param name="seasons">At most two season lengths, in ascending order.</param>
    /// <param name="offset">Steps, fewer than the stride, by which the first token is shorter than the others.</param>
    public SeriesMemory(PatchShape shape, IReadOnlyList<int> seasons, int offset = 0)
    {
        _shape = shape;
        _stride = offset;
        _seasons = [.. seasons.Select(length => new SeasonMemory(length))];
        _ring = new double[shape.Window + (seasons.Count > 0 ? seasons[^1] : 0)];
        Array.Fill(_ring, double.NaN);
        _window = new float[shape.WindowFeatures];
        _sorted = new double[shape.Window];
    }

    /// <summary>Steps so far, missing ones included.</summary>
    public long Count { get; private set; }

    /// <summary>Steps that were not missing.</summary>
    public long Observed { get; private set; }

    /// <summary>The scale of the last token that saw a new value.</summary>
    public SeriesScale Scale { get; private set; } = SeriesScale.None;

    /// <summary>Steps since the last token; before the first one, with those that it lacks.</summary>
    public int Pending => _stride;

    /// <summary>The smallest value that was observed.</summary>
    public double Smallest => _smallest;

    /// <summary>The largest value that was observed.</summary>
    public double Largest => _largest;

    /// <summary>The season lengths, in ascending order.</summary>
    public IEnumerable<int> Seasons => _seasons.Select(season => season.Length);

    /// <summary>The usual change of the series from one step, or from one season if it is known, to the next; 0 before there is
    /// one.</summary>
    public double NaiveError => _seasons is [SeasonMemory first, ..] && first.MeanDifference > 0 ? first.MeanDifference : _change;

    /// <summary>Bytes of memory.</summary>
    public long ByteSize => ((_ring.Length + _sorted.Length) * sizeof(double)) + (_window.Length * sizeof(float))
        + _seasons.Sum(season => season.ByteSize);

    /// <summary>Adds the value of the next step.</summary>
    /// <param name="value">The value; NaN if it is missing.</param>
    public void Add(double value)
    {
        _ring[Count % _ring.Length] = value;
        foreach (SeasonMemory season in _seasons)
            season.Add(Count, value);
        Count++;
        _stride++;
        _ahead++;
        if (double.IsNaN(value))
            return;
        _ahead = 0;
        _isNew = true;
        Observed++;
        _smallest = Math.Min(_smallest, value);
        _largest = Math.Max(_largest, value);
        if (!double.IsNaN(_last))
            _change += (Math.Abs(value - _last) - _change) / Math.Min(++_changes, LongestMean);
        _last = value;
    }

    /// <summary>Describes the present to the model, as one token, and begins the next one.</summary>
    /// <param name="features">Receives <c>[F]</c> values. Where no value is new, the window is that of the token before, and only the steps
    /// ahead have moved on.</param>
    /// <param name="naive">Receives naive forecasts on the scale, <c>[K × L]</c>: the last value; then for each season the last value of
    /// the phase, the same moved by the change since a season before, and the profile on the present level. Where a season is unknown, the
    /// first of them.</param>
    public void WriteToken(Span<float> features, Span<float> naive)
    {
        if (_isNew)
        {
            SeriesScale before = Scale;
            Scale = WindowScale();
            _before = before == SeriesScale.None ? Scale : before;
            WriteWindow(_window);
            for (int i = 0; i < _seasons.Length; i++)
                (_shifts[i], _profileLevels[i]) = (Shift(_seasons[i]), ProfileLevel(_seasons[i]));
        }

        _window.CopyTo(features);
        FeatureWriter writer = new(features[_shape.WindowFeatures..], Scale);
        for (int i = 0; i < PatchShape.Seasons; i++)
            WriteHorizon(ref writer, i < _seasons.Length ? _seasons[i] : null);
        WriteFacts(ref writer);
        WriteNaive(naive);
        (_stride, _isNew) = (0, false);
    }

    /// <summary>Copies what another memory of the same shape and seasons remembers.</summary>
    public void CopyFrom(SeriesMemory other)
    {
        other._ring.CopyTo(_ring, 0);
        other._window.CopyTo(_window, 0);
        for (int i = 0; i < _seasons.Length; i++)
            _seasons[i].CopyFrom(other._seasons[i]);
        other._shifts.CopyTo(_shifts, 0);
        other._profileLevels.CopyTo(_profileLevels, 0);
        (Count, Observed, Scale, _before) = (other.Count, other.Observed, other.Scale, other._before);
        (_last, _change, _changes) = (other._last, other._change, other._changes);
        (_smallest, _largest) = (other._smallest, other._largest);
        (_stride, _isNew, _ahead) = (other._stride, other._isNew, other._ahead);
    }

    public void Save(BinaryWriter writer)
    {
        foreach (double value in _ring)
            writer.Write(value);
        foreach (float value in _window)
            writer.Write(value);
        foreach (double value in (ReadOnlySpan<double>)[Scale.Level, Scale.Spread, _before.Level, _before.Spread, _last, _change, _smallest,
            _largest, .. _shifts, .. _profileLevels])
        {
            writer.Write(value);
        }

        foreach (long value in (ReadOnlySpan<long>)[Count, Observed, _changes, _ahead])
            writer.Write(value);
        writer.Write(_stride);
        writer.Write(_isNew);
        foreach (SeasonMemory season in _seasons)
            season.Save(writer);
    }

    public void Load(BinaryReader reader)
    {
        foreach (ref double value in _ring.AsSpan())
            value = reader.ReadDouble();
        foreach (ref float value in _window.AsSpan())
            value = reader.ReadSingle();
        Scale = new SeriesScale(reader.ReadDouble(), reader.ReadDouble());
        _before = new SeriesScale(reader.ReadDouble(), reader.ReadDouble());
        (_last, _change) = (reader.ReadDouble(), reader.ReadDouble());
        (_smallest, _largest) = (reader.ReadDouble(), reader.ReadDouble());
        foreach (double[] values in (ReadOnlySpan<double[]>)[_shifts, _profileLevels])
        {
            foreach (ref double value in values.AsSpan())
                value = reader.ReadDouble();
        }

        (Count, Observed, _changes, _ahead) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        (_stride, _isNew) = (reader.ReadInt32(), reader.ReadBoolean());
        foreach (SeasonMemory season in _seasons)
            season.Load(reader);
        if (Count is < 0 or > MostSteps || Observed < 0 || Observed > Count || _changes < 0 || _ahead < 0 || _stride < 0
            || _stride >= _shape.Stride)
        {
            throw new InvalidDataException($"The saved state is damaged: found {Observed} observed of {Count} steps, {_stride} pending.");
        }
    }

    private long Counted => Math.Min(Count, LongestCounted);

    /// <summary>The value of an earlier step; NaN if it is missing, too long ago or before the first.</summary>
    private double At(long step) => step < 0 || step < Count - _ring.Length || step >= Count ? double.NaN : _ring[step % _ring.Length];

    private SeriesScale WindowScale()
    {
        int found = 0;
        for (int j = 0; j < _shape.Window; j++)
        {
            double value = At(Count - 1 - j);
            if (!double.IsNaN(value))
                _sorted[found++] = value;
        }

        return SeriesScale.Of(_sorted.AsSpan(0, found), _change);
    }

    /// <summary>The window, the newest step first: values, which of them were observed; for each season the values of the season before
    /// and the profile.</summary>
    private void WriteWindow(Span<float> features)
    {
        FeatureWriter writer = new(features, Scale);
        for (int j = 0; j < _shape.Window; j++)
            writer.Value(At(Count - 1 - j));
        for (int j = 0; j < _shape.Window; j++)
            writer.Flag(!double.IsNaN(At(Count - 1 - j)));
        for (int i = 0; i < PatchShape.Seasons; i++)
        {
            SeasonMemory? season = i < _seasons.Length ? _seasons[i] : null;
            for (int j = 0; j < PatchShape.LagWindow; j++)
                writer.Value(season is null ? double.NaN : At(Count - 1 - j - season.Length));
            for (int j = 0; j < _shape.Window; j++)
                writer.Deviation(season is null || Count - 1 - j < 0 ? 0 : season.Profile(Count - 1 - j));
        }
    }

    /// <summary>The mean change of the last steps since a season before; 0 where that is not known.</summary>
    private double Shift(SeasonMemory season)
    {
        double sum = 0;
        int found = 0;
        for (int j = 0; j < PatchShape.LagWindow; j++)
        {
            double difference = At(Count - 1 - j) - At(Count - 1 - j - season.Length);
            if (double.IsNaN(difference))
                continue;
            sum += difference;
            found++;
        }

        return found == 0 ? 0 : sum / found;
    }

    /// <summary>What the profile of a season adds to the level of the window.</summary>
    private double ProfileLevel(SeasonMemory season)
    {
        double sum = 0;
        int found = 0;
        for (int j = 0; j < _shape.Window; j++)
        {
            if (double.IsNaN(At(Count - 1 - j)))
                continue;
            sum += season.Profile(Count - 1 - j);
            found++;
        }

        return found == 0 ? 0 : sum / found;
    }

    private void WriteNaive(Span<float> naive)
    {
        int horizon = _shape.Horizon;
        double last = Observed == 0 ? 0 : Scale.Normalize(_last);
        naive[..horizon].Fill(SeriesScale.Cut(last));
        for (int i = 0; i < PatchShape.Seasons; i++)
        {
            Span<float> target = naive.Slice((1 + (3 * i)) * horizon, 3 * horizon);
            if (i >= _seasons.Length)
            {
                target.Fill(SeriesScale.Cut(last));
                continue;
            }

            for (int h = 0; h < horizon; h++)
            {
                double phase = _seasons[i].Last(Count + h);
                double value = double.IsNaN(phase) ? last : Scale.Normalize(phase);
                target[h] = SeriesScale.Cut(value);
                target[horizon + h] = SeriesScale.Cut(value + (_shifts[i] / Scale.Spread));
                target[(2 * horizon) + h] = SeriesScale.Cut((_seasons[i].Profile(Count + h) - _profileLevels[i]) / Scale.Spread);
            }
        }
    }

    private void WriteHorizon(ref FeatureWriter writer, SeasonMemory? season)
    {
        for (int h = 0; h < _shape.Horizon; h++)
            writer.Value(season is null ? double.NaN : season.Last(Count + h));
        for (int h = 0; h < _shape.Horizon; h++)
            writer.Deviation(season is null ? 0 : season.Profile(Count + h));
        writer.Flag(season is not null);
        writer.Number(season is null ? 0 : Math.Log(season.Length) / 4);
        writer.Number(season is null ? 0 : Math.Log(1 + ((double)Counted / season.Length)) / 2);
        writer.Deviation(season is null ? 0 : season.MeanDifference);
    }

    private void WriteFacts(ref FeatureWriter writer)
    {
        int zeros = 0, integers = 0, found = 0;
        for (int j = 0; j < _shape.Window; j++)
        {
            double value = At(Count - 1 - j);
            if (double.IsNaN(value))
                continue;
            found++;
            zeros += value == 0 ? 1 : 0;
            integers += value == Math.Round(value) ? 1 : 0;
        }

        writer.Number(1);
        writer.Number(Math.Log(1 + Counted) / 4);
        writer.Number((double)_stride / _shape.Stride);
        writer.Number((double)Math.Min(_ahead, FarthestAhead) / _shape.Horizon);
        writer.Number(Math.Log(1 + Math.Min(_ahead, FarthestAhead)) / 2);
        writer.Number(SeriesScale.Compress(Math.Clamp(Scale.Normalize(0), -FarthestZero, FarthestZero)));
        writer.Number(SeriesScale.Compress(Scale.Normalize(_before.Level)));
        writer.Number(Math.Clamp(Math.Log(Scale.Spread / _before.Spread), -4, 4));
        writer.Deviation(_change);
        writer.Value(double.IsInfinity(_smallest) ? double.NaN : _smallest);
        writer.Value(double.IsInfinity(_largest) ? double.NaN : _largest);
        writer.Value(_last);
        writer.Number(found == 0 ? 0 : (double)zeros / found);
        writer.Number(found == 0 ? 0 : (double)integers / found);
        writer.Number((double)found / _shape.Window);
        writer.Flag(_smallest >= 0);
    }

    /// <summary>Writes values one after the other.</summary>
    private ref struct FeatureWriter(Span<float> target, SeriesScale scale)
    {
        private readonly Span<float> _target = target;
        private int _next;

        /// <summary>A value of the series on the scale; 0 for a missing one.</summary>
        public void Value(double value) => Number(double.IsNaN(value) ? 0 : SeriesScale.Compress(scale.Normalize(value)));

        /// <summary>A difference of two values on the scale.</summary>
        public void Deviation(double difference) => Number(SeriesScale.Compress(difference / scale.Spread));

        public void Flag(bool flag) => Number(flag ? 1 : 0);

        public void Number(double number) => _target[_next++] = (float)number;
    }
}
