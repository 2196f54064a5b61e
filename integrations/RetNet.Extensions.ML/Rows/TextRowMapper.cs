using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Rows;

/// <summary>A transformer bound to an input schema: the text columns that it reads and the columns that it adds after those of the
/// input.</summary>
internal sealed class TextRowMapper : IRowToRowMapper
{
    private readonly DataViewSchema.Column[] _textColumns;
    private readonly Func<TextRows> _createRows;

    private TextRowMapper(DataViewSchema input, DataViewSchema output, DataViewSchema.Column[] textColumns, Func<TextRows> createRows) =>
        (InputSchema, OutputSchema, _textColumns, _createRows) = (input, output, textColumns, createRows);

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>Binds a transformer.</summary>
    /// <param name="host">The transformer's host; what it cancels is not scored.</param>
    /// <param name="input">The input's schema.</param>
    /// <param name="textColumns">The names of the text columns that the model reads.</param>
    /// <param name="outputs">The columns that it adds.</param>
    /// <param name="score">Scores the texts of some rows, one array of texts per row.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public static TextRowMapper Create<TResult>(
        IHost host, DataViewSchema input, IEnumerable<string> textColumns, IReadOnlyList<OutputColumn<TResult>> outputs,
        Func<IReadOnlyList<string[]>, TResult[]> score)
    {
        DataViewSchema.Column[] texts = [.. textColumns.Select(name => input.FindText("text", name))];
        DataViewSchema.Builder output = new();
        output.AddColumns(input);
        foreach (OutputColumn<TResult> column in outputs)
            output.AddColumn(column.Name, column.Type, column.Annotations);
        return new TextRowMapper(input, output.ToSchema(), texts, () => new ScoredRows<TResult>(outputs, ScoreWhileAlive));

        TResult[] ScoreWhileAlive(IReadOnlyList<string[]> rows)
        {
            host.CheckAlive();
            return score(rows);
        }
    }

    public TextRows CreateRows() => _createRows();

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
        return [.. InputSchema.Where(column => active[column.Index] || (anyAdded && _textColumns.Any(text => text.Index == column.Index)))];
    }

    /// <summary>Creates getters for the text columns of a row.</summary>
    /// <returns>A function that reads the current texts; a missing text is empty.</returns>
    public Func<string[]> TextReader(DataViewRow row)
    {
        ValueGetter<ReadOnlyMemory<char>>[] getters = [.. _textColumns.Select(row.GetGetter<ReadOnlyMemory<char>>)];
        return () =>
        {
            string[] texts = new string[getters.Length];
            for (int i = 0; i < getters.Length; i++)
            {
                ReadOnlyMemory<char> text = default;
                getters[i](ref text);
                texts[i] = text.ToString();
            }

            return texts;
        };
    }

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(activeColumns);
        if (!ReferenceEquals(input.Schema, InputSchema))
            throw new ArgumentException("The row's schema is not the one that the mapper is bound to.", nameof(input));
        return new MappedRow(this, input, Mark(activeColumns));
    }
}
