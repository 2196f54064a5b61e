namespace Microsoft.ML.Internal;

/// <summary>What a transformer adds to the rows of one input schema.</summary>
internal abstract class RowMapping
{
    /// <summary>The columns added, after those of the input.</summary>
    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; }

    /// <summary>The input columns that an added column is computed from.</summary>
    public abstract IEnumerable<DataViewSchema.Column> GetDependencies(int added);

    /// <summary>One getter for each added column that is asked for; null for the others.</summary>
    public abstract Delegate[] CreateGetters(DataViewRow input, bool[] active);
}
