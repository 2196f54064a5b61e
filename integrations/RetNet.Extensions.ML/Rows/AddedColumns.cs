using Microsoft.ML;

namespace RetNet.Extensions.ML.Rows;

/// <summary>The columns of a stage: those of the input, of which it reads some, and behind them those that it adds.</summary>
internal abstract class AddedColumns
{
    private readonly IReadOnlyList<DataViewSchema.Column> _read;

    /// <param name="input">The input's schema.</param>
    /// <param name="read">The columns that the added ones are computed from.</param>
    /// <param name="added">The columns that are added.</param>
    protected AddedColumns(
        DataViewSchema input, IReadOnlyList<DataViewSchema.Column> read, IEnumerable<DataViewSchema.DetachedColumn> added)
    {
        DataViewSchema.Builder output = new();
        output.AddColumns(input);
        output.AddColumns(added);
        (InputSchema, OutputSchema, _read) = (input, output.ToSchema(), read);
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>The names of the columns that are added.</summary>
    public IEnumerable<string> AddedNames => OutputSchema.Skip(InputSchema.Count).Select(column => column.Name);

    /// <summary>Whether the column comes from the model rather than from the input.</summary>
    public bool IsAdded(int column) => column >= InputSchema.Count;

    /// <summary>Whether a column from the model is among the marked ones.</summary>
    public bool AddsAny(bool[] active) => active.AsSpan(InputSchema.Count).Contains(true);

    /// <summary>Marks the requested columns of the output.</summary>
    /// <exception cref="ArgumentException">A column belongs to another schema.</exception>
    public bool[] Mark(IEnumerable<DataViewSchema.Column> columns)
    {
        bool[] active = new bool[OutputSchema.Count];
        foreach (DataViewSchema.Column column in columns)
            active[Index(column)] = true;
        return active;
    }

    /// <summary>A column's index in the output.</summary>
    /// <exception cref="ArgumentException">The column belongs to another schema.</exception>
    public int Index(DataViewSchema.Column column) =>
        column.Index < OutputSchema.Count && OutputSchema[column.Index].Name == column.Name
            ? column.Index
            : throw new ArgumentException(
                $"Column '{column.Name}' with index {column.Index} is not in the schema; expected one of {OutputSchema.Count} "
                    + "columns.", nameof(column));

    /// <summary>An active column's index in the output.</summary>
    /// <exception cref="InvalidOperationException">The column is not active.</exception>
    public int RequireActive(DataViewSchema.Column column, bool[] active)
    {
        int index = Index(column);
        return active[index]
            ? index
            : throw new InvalidOperationException($"Column '{column.Name}' is not active; name it when the row or cursor is created.");
    }

    /// <summary>A getter as its column's type.</summary>
    /// <exception cref="InvalidOperationException">The column is of another type.</exception>
    public ValueGetter<TValue> Cast<TValue>(int column, Delegate getter) =>
        getter as ValueGetter<TValue>
        ?? throw new InvalidOperationException(
            $"Invalid TValue in GetGetter: '{typeof(TValue)}' for column '{OutputSchema[column].Name}' of type "
                + $"{OutputSchema[column].Type}, expected '{OutputSchema[column].Type.RawType}'.");

    /// <summary>The columns of the input that are needed for columns of the output.</summary>
    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        Dependencies(Mark(dependingColumns));

    /// <inheritdoc cref="GetDependencies"/>
    public IReadOnlyList<DataViewSchema.Column> Dependencies(bool[] active)
    {
        bool anyAdded = AddsAny(active);
        return [.. InputSchema.Where(column => active[column.Index] || (anyAdded && _read.Any(read => read.Index == column.Index)))];
    }
}
