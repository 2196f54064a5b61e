using System.Globalization;

namespace RetNet.Extensions.Core.Models;

/// <summary>The size k of a multi-state: a number of rows, a fraction of the model's context length, or unbounded.</summary>
public readonly record struct StateSize
{
    private readonly int _rows;
    private readonly double _fraction;

    private StateSize(int rows, double fraction) => (_rows, _fraction) = (rows, fraction);

    /// <summary>No limit: every row stays.</summary>
    public static StateSize Unbounded => default;

    /// <summary>True when there is no limit.</summary>
    public bool IsUnbounded => _rows == 0 && _fraction == 0;

    /// <summary>A number of rows.</summary>
    /// <param name="rows">k, at least 1.</param>
    /// <returns>The size.</returns>
    public static StateSize Rows(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        return new StateSize(rows, 0);
    }

    /// <summary>A fraction of the context length that the model's configuration names.</summary>
    /// <param name="fraction">More than 0, at most 1.</param>
    /// <returns>The size.</returns>
    public static StateSize FractionOfContext(double fraction)
    {
        if (!(fraction is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction,
                "A fraction of the context must be more than 0 and at most 1.");
        }

        return new StateSize(0, fraction);
    }

    /// <summary>Reads <c>512</c> (rows), <c>0.25</c>, <c>2.5E-05</c> or <c>25%</c> (of the context).</summary>
    /// <param name="text">The text.</param>
    /// <returns>The size.</returns>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static StateSize Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim();
        if (int.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out int rows) && rows >= 1)
            return Rows(rows);
        bool percent = trimmed.EndsWith('%');
        if (double.TryParse(percent ? trimmed[..^1] : trimmed, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out double value)
            && (percent || trimmed.AsSpan().ContainsAny(".eE")))
        {
            double fraction = percent ? value / 100 : value;
            if (fraction is > 0 and <= 1)
                return FractionOfContext(fraction);
        }

        throw new FormatException($"'{text}' is not a state size: expected a number of rows such as 512, or a part of the context such as "
            + "0.25 or 25%.");
    }

    /// <summary>An implicit number of rows.</summary>
    /// <param name="rows">k, at least 1.</param>
    public static implicit operator StateSize(int rows) => Rows(rows);

    /// <summary>The same as the implicit conversion.</summary>
    /// <param name="rows">k, at least 1.</param>
    /// <returns>The size.</returns>
    public static StateSize FromInt32(int rows) => Rows(rows);

    /// <summary>The number of rows for a model.</summary>
    /// <param name="contextLength">The context length that the model's configuration names, in tokens.</param>
    /// <returns>k, at least 1; null when unbounded.</returns>
    /// <exception cref="ArgumentException">The size is a fraction and the model names no context length.</exception>
    public int? Resolve(int? contextLength)
    {
        if (IsUnbounded)
            return null;
        if (_rows > 0)
            return _rows;
        return contextLength is { } length
            ? Math.Max(1, (int)Math.Round(_fraction * length))
            : throw new ArgumentException($"The state size {this} is a part of the context, but the model's configuration names no "
            + "context length.");
    }

    /// <summary>The size as <see cref="Parse"/> reads it, without loss.</summary>
    /// <returns>The number of rows or the part of the context; <c>unbounded</c>, which is no size to parse, without a limit.</returns>
    public override string ToString()
    {
        if (IsUnbounded)
            return "unbounded";
        if (_rows > 0)
            return _rows.ToString(CultureInfo.InvariantCulture);

        // A tenth of a percent and its like lose a bit when they become percents.
        string percent = $"{(_fraction * 100).ToString(CultureInfo.InvariantCulture)}%";
        return Parse(percent) == this ? percent : _fraction.ToString(CultureInfo.InvariantCulture);
    }
}
