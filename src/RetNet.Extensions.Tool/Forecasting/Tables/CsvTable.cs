using System.Globalization;
using nietras.SeparatedValues;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>A file of separated values: comma, semicolon, tab or bar, whichever its first line has; cells may be quoted.</summary>
/// <remarks>The first row names the columns, unless one of its cells is a number or a time: then they are called 1, 2 and so on. Empty
/// lines are skipped. Numbers have a decimal point, or in a file with semicolons a decimal comma.</remarks>
internal sealed class CsvTable
{
    private const int LongestShown = 40;

    private static readonly string[] Missing = ["", "NaN", "NA", "N/A", "null"];

    private readonly string _path;
    private readonly bool _hasDecimalCommas;
    private readonly List<(int Line, string[] Cells)> _rows = [];

    private CsvTable(string path)
    {
        _path = path;
        using SepReader reader = Sep.Reader(options => options with
        {
            HasHeader = false,
            Unescape = true,
            Trim = SepTrim.All,
            DisableColCountCheck = true,
            CreateToString = SepToString.PoolPerCol(),
        }).FromText(TextFile.Read(path));
        try
        {
            // Sep says of the first row that it is on line 2 (findings/sep-first-line-number.sh).
            bool isFirst = true;
            foreach (SepReader.Row row in reader)
            {
                if (row.ColCount > 1 || row[0].Span.Length > 0)
                    _rows.Add((isFirst ? 1 : row.LineNumberFrom, row[..].ToStringsArray()));
                isFirst = false;
            }
        }
        catch (NotSupportedException exception)
        {
            throw new CommandException($"{path}, behind line {(_rows.Count == 0 ? 0 : _rows[^1].Line)}: {exception.Message}");
        }

        if (_rows.Count == 0)
            throw new CommandException($"{path} is empty; expected rows of values.");
        string[] first = _rows[0].Cells;

        // Of one column Sep says that it has semicolons.
        _hasDecimalCommas = reader.Spec.Sep.Separator == ';' && first.Length > 1;
        bool hasHeader = !first.Any(cell => Number(cell) is { } number && !double.IsNaN(number) || TimeText.Read(cell) is not null);
        Columns = hasHeader ? first : [.. Enumerable.Range(1, first.Length).Select(column => $"{column}")];
        if (hasHeader)
            _rows.RemoveAt(0);
        if (_rows.Count == 0)
            throw new CommandException($"{path} has a line of column names and nothing else; expected rows of values.");
        foreach ((int line, string[] cells) in _rows)
        {
            if (cells.Length != Columns.Count)
                throw new CommandException($"{path}, line {line}: {cells.Length} cells; expected {Columns.Count}, as the first line has.");
        }
    }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The number of rows, without that of the names.</summary>
    public int Rows => _rows.Count;

    /// <exception cref="CommandException">The file cannot be read, is empty, or has rows of different lengths.</exception>
    public static CsvTable Read(string path) => new(path);

    public string Cell(int row, int column) => _rows[row].Cells[column];

    /// <summary>The number of a cell, NaN for a missing one; null where it is neither.</summary>
    public double? Number(int row, int column) => Number(Cell(row, column));

    /// <summary>Names a cell in messages.</summary>
    public string Place(int row, int column) =>
        $"{_path}, line {_rows[row].Line}: {Shown(Columns[column])} is '{Shown(Cell(row, column))}'";

    /// <summary>The column that an option names; null where the option is not given.</summary>
    /// <exception cref="CommandException">There is no such column, or more than one.</exception>
    public int? IndexOf(string option, string? name)
    {
        if (name is null)
            return null;
        int[] found = [.. Columns.Index().Where(column => column.Item == name).Select(column => column.Index)];
        return found switch
        {
            [int column] => column,
            [] => throw new CommandException($"{option} is '{name}', which {_path} does not have; its columns are {ColumnNames(Columns)}."),
            _ => throw new CommandException($"{option} is '{name}', a name of {found.Length} columns of {_path}; expected one."),
        };
    }

    /// <summary>Columns in messages: some of them where there are many.</summary>
    public static string ColumnNames(IEnumerable<string> columns)
    {
        const int most = 20;
        string[] all = [.. columns];
        return string.Join(", ", all.Take(most).Select(Shown)) + (all.Length > most ? $" and {all.Length - most} more" : "");
    }

    /// <summary>A text of the file for messages and tables: shortened, without control characters.</summary>
    public static string Shown(string text)
    {
        string start = text.Length > LongestShown ? text[..LongestShown] + "…" : text;
        return string.Concat(start.Select(character => char.IsControl(character) ? '\uFFFD' : character));
    }

    private double? Number(string cell)
    {
        if (Missing.Contains(cell, StringComparer.OrdinalIgnoreCase))
            return double.NaN;
        string text = _hasDecimalCommas && !cell.Contains('.') ? cell.Replace(',', '.') : cell;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
    }
}
