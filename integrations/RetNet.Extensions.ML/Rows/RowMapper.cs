using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Rows;

/// <summary>A transformer bound to an input schema, which scores each row by itself: the columns that it reads and the columns that it adds
/// after those of the input.</summary>
internal sealed class RowMapper : AddedColumns, IRowToRowMapper
{
    private readonly Func<DataViewRow, ScoredRows> _createRows;
    private readonly Func<DataViewRow, ScoredRows> _createCursorRows;
    private readonly RememberedVectors? _remembered;

    private RowMapper(
        DataViewSchema input, IReadOnlyList<DataViewSchema.Column> read, IEnumerable<DataViewSchema.DetachedColumn> added,
        Func<DataViewRow, ScoredRows> createRows, Func<DataViewRow, ScoredRows> createCursorRows, RememberedVectors? remembered)
        : base(input, read, added) =>
        (_createRows, _createCursorRows, _remembered) = (createRows, createCursorRows, remembered);

    /// <summary>Binds a transformer.</summary>
    /// <param name="host">The transformer's host; what it cancels is not scored.</param>
    /// <param name="input">The input's schema.</param>
    /// <param name="columns">The columns that the model reads.</param>
    /// <param name="bind">Makes a function that reads them from a row.</param>
    /// <param name="equal">Whether the model reads the same in two rows.</param>
    /// <param name="outputs">The columns that it adds.</param>
    /// <param name="score">Scores some rows.</param>
    public static RowMapper Create<TInput, TResult>(
        IHost host, DataViewSchema input, IReadOnlyList<DataViewSchema.Column> columns, Func<DataViewRow, Func<TInput>> bind,
        Func<TInput, TInput, bool> equal, IReadOnlyList<OutputColumn<TResult>> outputs, Func<IReadOnlyList<TInput>, TResult[]> score)
    {
        Func<DataViewRow, ScoredRows> create = RowsOf(host, bind, equal, outputs, score);
        return new RowMapper(input, columns, outputs.Select(output => output.Declaration), create, create, remembered: null);
    }

    /// <summary>Binds a transformer of texts.</summary>
    /// <param name="host">The transformer's host; what it cancels is not scored.</param>
    /// <param name="input">The input's schema.</param>
    /// <param name="textColumns">The names of the text columns that the model reads.</param>
    /// <param name="outputs">The columns that it adds.</param>
    /// <param name="score">Scores the texts of some rows, one array of texts per row.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public static RowMapper OfTexts<TResult>(
        IHost host, DataViewSchema input, IEnumerable<string> textColumns, IReadOnlyList<OutputColumn<TResult>> outputs,
        Func<IReadOnlyList<string[]>, TResult[]> score)
    {
        DataViewSchema.Column[] texts = Texts(input, textColumns);
        return Create(host, input, texts, row => TextReader(row, texts), AreEqual, outputs, score);
    }

    /// <summary>Binds a transformer of texts whose results are vectors. Cursors remember them; a prediction engine does not.</summary>
    /// <inheritdoc cref="OfTexts"/>
    /// <param name="host">The transformer's host; what it cancels is not scored.</param>
    /// <param name="input">The input's schema.</param>
    /// <param name="textColumns">The names of the text columns that the model reads.</param>
    /// <param name="outputs">The columns that it adds.</param>
    /// <param name="score">Scores the texts of some rows, one array of texts per row.</param>
    /// <param name="mostBytes">What is remembered, at most.</param>
    public static RowMapper OfVectors(
        IHost host, DataViewSchema input, IEnumerable<string> textColumns, IReadOnlyList<OutputColumn<float[]>> outputs,
        Func<IReadOnlyList<string[]>, float[][]> score, long mostBytes)
    {
        DataViewSchema.Column[] texts = Texts(input, textColumns);
        RememberedVectors remembered = new(mostBytes);
        return new RowMapper(input, texts, outputs.Select(output => output.Declaration),
            RowsOf(host, row => TextReader(row, texts), AreEqual, outputs, score),
            RowsOf(host, row => TextReader(row, texts), AreEqual, outputs, rows => remembered.Get(rows, score)), remembered);
    }

    /// <summary>Whether a result that a cursor has read is computed again when it is read again.</summary>
    public bool Forgets => _remembered is null or { IsFull: true };

    /// <summary>The row of a prediction engine, not read yet.</summary>
    public ScoredRows CreateRows(DataViewRow row) => _createRows(row);

    /// <summary>The rows of a cursor, none of them read yet.</summary>
    public ScoredRows CreateCursorRows(DataViewRow row) => _createCursorRows(row);

    private static Func<DataViewRow, ScoredRows> RowsOf<TInput, TResult>(
        IHost host, Func<DataViewRow, Func<TInput>> bind, Func<TInput, TInput, bool> equal, IReadOnlyList<OutputColumn<TResult>> outputs,
        Func<IReadOnlyList<TInput>, TResult[]> score)
    {
        return row => new ScoredRows<TInput, TResult>(bind(row), equal, outputs, ScoreWhileAlive);

        TResult[] ScoreWhileAlive(IReadOnlyList<TInput> rows)
        {
            host.CheckAlive();
            return score(rows);
        }
    }

    private static DataViewSchema.Column[] Texts(DataViewSchema input, IEnumerable<string> columns) =>
        [.. columns.Select(name => input.FindText("text", name))];

    private static bool AreEqual(string[] one, string[] other) => one.AsSpan().SequenceEqual(other);

    /// <summary>Creates getters for the text columns of a row.</summary>
    /// <returns>A function that reads the current texts; a missing text is empty.</returns>
    private static Func<string[]> TextReader(DataViewRow row, DataViewSchema.Column[] columns)
    {
        ValueGetter<ReadOnlyMemory<char>>[] getters = [.. columns.Select(row.GetGetter<ReadOnlyMemory<char>>)];
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
