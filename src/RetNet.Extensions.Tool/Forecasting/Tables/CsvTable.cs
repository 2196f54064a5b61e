using System.Globalization;
using nietras.SeparatedValues;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>A file of separated values: comma, semicolon, tab or bar, whichever its first line has; cells may be quoted.</summary>
/// <remarks>The first row names the columns if no cell of it is a number or a time, if one of its cells is a text above numbers or times
/// only, or if an option names one of its cells. Otherwise columns are called 1, 2 and so on. Empty lines are skipped, but between the
/// values of a file of one column they are missing ones. Numbers have a decimal point, or in a file with semicolons a decimal
/// comma.</remarks>
internal sealed class CsvTable
{
    private const int LongestShown = 40;

    private static readonly string[] Missing = ["", "NaN", "NA", "N/A", "null"];

    private readonly string _path;
    private readonly bool _hasSemicolons;
    private readonly List<(int Line, string[] Cells)> _rows = [];

    // Of each column the first row with a decimal comma, −1 without one; null where it is not known yet.
    private readonly int?[] _commaRows;

    private CsvTable(string path, IEnumerable<string> named)
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
                _rows.Add((isFirst ? 1 : row.LineNumberFrom, row[..].ToStringsArray()));
                isFirst = false;
            }
        }
        catch (NotSupportedException exception)
        {
            throw new CommandException($"{path}, behind line {(_rows.Count == 0 ? 0 : _rows[^1].Line)}: {exception.Message}");
        }

        RemoveEmptyEnds();
        if (_rows.Count == 0)
            throw new CommandException($"{path} is empty; expected rows of values.");
        string[] first = _rows[0].Cells;
        if (first.Length > 1)
            _rows.RemoveAll(row => IsEmpty(row.Cells));

        // Of one column Sep says that it has semicolons.
        _hasSemicolons = reader.Spec.Sep.Separator == ';' && first.Length > 1;
        bool hasHeader = HasHeader(first, named);
        Columns = hasHeader ? first : [.. Enumerable.Range(1, first.Length).Select(column => $"{column}")];
        _commaRows = new int?[first.Length];
        if (hasHeader)
            _rows.RemoveAt(0);
        RemoveEmptyEnds();
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

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="named">Names of columns that options hold; null for none.</param>
    /// <exception cref="CommandException">The file cannot be read, is empty, or has rows of different lengths.</exception>
    public static CsvTable Read(string path, IEnumerable<string>? named = null) => new(path, named ?? []);

    public string Cell(int row, int column) => _rows[row].Cells[column];

    /// <summary>The number of a cell, NaN for a missing one; null where it is neither.</summary>
    public double? Number(int row, int column)
    {
        string cell = Cell(row, column);
        if (CommaRow(column) < 0)
            return Number(cell);
        return cell.Contains('.', StringComparison.Ordinal) ? null : Number(cell) ?? CommaNumber(cell);
    }

    /// <summary>What is wrong with a cell that should be a number.</summary>
    public string Fault(int row, int column) => CommaRow(column) is >= 0 and int other && Number(Cell(row, column)) is not null
        ? $"{Place(row, column)}, with a decimal point, but line {_rows[other].Line} has a decimal comma; expected one of the two"
        : $"{Place(row, column)}; expected a number, or nothing, NaN or NA where it is missing";

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

    private static bool IsEmpty(string[] cells) => cells is [""];

    /// <summary>Removes the empty lines at both ends.</summary>
    private void RemoveEmptyEnds()
    {
        int end = _rows.FindLastIndex(row => !IsEmpty(row.Cells)) + 1;
        _rows.RemoveRange(end, _rows.Count - end);
        int start = _rows.FindIndex(row => !IsEmpty(row.Cells));
        _rows.RemoveRange(0, Math.Max(0, start));
    }

    private bool HasHeader(string[] first, IEnumerable<string> named)
    {
        // A column without a name is called by its number.
        HashSet<string> numbers = [.. Enumerable.Range(1, first.Length).Select(column => $"{column}")];
        if (!first.Any(IsData) || named.Any(name => !numbers.Contains(name) && first.Contains(name)))
            return true;

        // A date above dates is one of them, and a text beside it a fault.
        if (first.Index().Any(cell => IsDate(cell.Item) && _rows.Count > 1 && cell.Index < _rows[1].Cells.Length
            && IsDate(_rows[1].Cells[cell.Index])))
        {
            return false;
        }

        return first.Index().Any(cell => !IsMissing(cell.Item) && !IsData(cell.Item) && IsOfData(cell.Index));
    }

    /// <summary>Whether a column has numbers or times below the first row, and nothing else.</summary>
    private bool IsOfData(int column)
    {
        bool hasData = false;
        foreach ((_, string[] cells) in _rows.Skip(1))
        {
            if (column >= cells.Length || IsMissing(cells[column]))
                continue;
            if (!IsData(cells[column]))
                return false;
            hasData = true;
        }

        return hasData;
    }

    private bool IsData(string cell) =>
        !IsMissing(cell) && ((Number(cell) ?? (_hasSemicolons ? CommaNumber(cell) : null)) is not null || TimeText.Read(cell) is not null);

    private static bool IsDate(string cell) => TimeText.Read(cell) is { IsUnmistakable: true };

    private static bool IsMissing(string cell) => Missing.Contains(cell, StringComparer.OrdinalIgnoreCase);

    private int CommaRow(int column) => _hasSemicolons
        ? _commaRows[column] ??= _rows.FindIndex(row => Number(row.Cells[column]) is null && CommaNumber(row.Cells[column]) is not null)
        : -1;

    private static double? CommaNumber(string cell) =>
        cell.Contains('.', StringComparison.Ordinal) ? null : Number(cell.Replace(',', '.'));

    private static double? Number(string cell)
    {
        if (IsMissing(cell))
            return double.NaN;
        return double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
    }
}
