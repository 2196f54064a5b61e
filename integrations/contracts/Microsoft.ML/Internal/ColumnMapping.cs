namespace Microsoft.ML.Internal;

/// <summary>A mapping of columns that are computed independently, each by its own function of the row.</summary>
internal sealed class ColumnMapping : RowMapping
{
    private readonly List<DataViewSchema.DetachedColumn> _columns = [];
    private readonly List<(DataViewSchema.Column[] Sources, Func<DataViewRow, Delegate> Create)> _getters = [];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns => _columns;

    public void Add(DataViewSchema.DetachedColumn column, DataViewSchema.Column[] sources, Func<DataViewRow, Delegate> create)
    {
        _columns.Add(column);
        _getters.Add((sources, create));
    }

    public override IEnumerable<DataViewSchema.Column> GetDependencies(int added) => _getters[added].Sources;

    public override Delegate[] CreateGetters(DataViewRow input, bool[] active)
        => [.. _getters.Select((getter, i) => active[i] ? getter.Create(input) : null)];
}
