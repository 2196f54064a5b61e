namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>The series of a table: one column of values, and maybe one of times and one of groups.</summary>
internal sealed class SeriesTable
{
    // Steps of a series for each of its rows; more gaps speak of another step.
    private const int MostStepsPerRow = 20;

    private readonly CsvTable _table;
    private readonly int _value;
    private readonly int? _time;
    private readonly int? _group;

    /// <summary>Chooses the columns.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">Name of the column of values; null for the only one of numbers.</param>
    /// <param name="timeColumn">Name of the column of times; null for the only one of times that cannot be numbers, if there is
    /// one.</param>
    /// <param name="groupColumn">Name of the column that tells series apart; null for one series.</param>
    /// <exception cref="CommandException">A column is not there, or there is a choice.</exception>
    public SeriesTable(CsvTable table, string? column, string? timeColumn, string? groupColumn)
    {
        _table = table;
        _group = table.IndexOf("--group-column", groupColumn);
        _time = table.IndexOf("--time-column", timeColumn);
        int? value = table.IndexOf("--column", column);
        int[] free = [.. Enumerable.Range(0, table.Columns.Count).Where(each => each != _group && each != _time && each != value)];
        if (timeColumn is null)
        {
            int[] times = [.. free.Where(each => AllRows(row => TimeText.Read(table.Cell(row, each)) is { IsUnmistakable: true }))];
            _time = times is [int only] ? only : null;
            free = [.. free.Except(times)];
        }

        _value = value ?? ColumnOfNumbers(free);
        if (_value == _time || _value == _group || (_time is not null && _time == _group))
        {
            throw new CommandException($"One column has two roles: {Name(_value)}, {Name(_time)}, {Name(_group)}; expected different "
                + "ones.");
        }
    }

    /// <summary>The name of the column of values.</summary>
    public string Column => _table.Columns[_value];

    /// <summary>The name of the column of times; null where there is none.</summary>
    public string? TimeColumn => _time is { } column ? _table.Columns[column] : null;

    /// <summary>Reads the series, in the order in which they begin.</summary>
    /// <param name="warn">Told what a user may want to know.</param>
    /// <exception cref="CommandException">A cell does not hold what its column should, or the times do not fit.</exception>
    public TableSeries[] Read(Action<string> warn)
    {
        int[][] groups = [.. Enumerable.Range(0, _table.Rows).GroupBy(row => _group is { } column ? _table.Cell(row, column) : "")
            .Select(rows => rows.ToArray())];
        if (_time is not { } time)
            return [.. groups.Select(rows => new TableSeries(GroupOf(rows), [.. rows.Select(Value)], null, default))];

        TimeText[] times = [.. Enumerable.Range(0, _table.Rows).Select(row => TimeText.Read(_table.Cell(row, time))
            ?? throw new CommandException($"{_table.Place(row, time)}; expected {TimeText.Expected}."))];
        bool isSorted = groups.All(rows => rows.Zip(rows.Skip(1)).All(pair => times[pair.First].Time <= times[pair.Second].Time));
        foreach (int[] rows in groups)
        {
            Array.Sort(rows, (a, b) => times[a].Time.CompareTo(times[b].Time) is var order and not 0 ? order : a.CompareTo(b));
            foreach ((int before, int after) in rows.Zip(rows.Skip(1)))
            {
                if (times[before].Time == times[after].Time)
                {
                    throw new CommandException($"{_table.Place(after, time)}, as in a row before{Where(rows)}; expected different times"
                        + (_group is null ? ", or --group-column NAME to tell series apart." : " within a group."));
                }
            }
        }

        TimeStep step = TimeStep.Infer([.. groups.Select(rows => rows.Select(row => times[row].Time).ToArray())]);
        TableSeries[] series =
        [
            .. groups.Select(rows => new TableSeries(GroupOf(rows), Steps(rows, times, step), times[rows[^1]], step)),
        ];
        if (!isSorted)
            warn($"rows are not in the order of {CsvTable.Shown(TimeColumn!)}, and were sorted.");
        return series;
    }

    /// <summary>The values of all steps; those that have no row are missing.</summary>
    private double[] Steps(int[] rows, TimeText[] times, TimeStep step)
    {
        DateTime first = times[rows[0]].Time;
        double length = step.Count(first, times[rows[^1]].Time) + 1;
        if (length > (double)MostStepsPerRow * rows.Length)
        {
            throw new CommandException($"The rows{Where(rows)} are {step} apart, but only {rows.Length} of {length:F0} such steps have "
                + $"one; expected at least one in {MostStepsPerRow}.");
        }

        double[] values = new double[(int)Math.Round(length)];
        Array.Fill(values, double.NaN);
        foreach (int row in rows)
        {
            double place = step.Count(first, times[row].Time);
            if (place != Math.Floor(place))
            {
                throw new CommandException($"{_table.Place(row, _time!.Value)}, which is {place:0.###} steps of {step} after the first "
                    + $"row{Where(rows)}; expected regular steps, of which some may be missing.");
            }

            values[(int)place] = Value(row);
        }

        return values;
    }

    private double Value(int row) => _table.Number(row, _value) switch
    {
        null => throw new CommandException($"{_table.Place(row, _value)}; expected a number, or nothing, NaN or NA where it is missing."),
        { } number when double.IsInfinity(number) => throw new CommandException($"{_table.Place(row, _value)}; expected a finite number."),
        { } number => number,
    };

    private int ColumnOfNumbers(int[] free)
    {
        int[] numbers = [.. free.Where(column => AllRows(row => _table.Number(row, column) is not null)
            && !AllRows(row => double.IsNaN(_table.Number(row, column)!.Value)))];

        // The only one left names what is wrong with it when it is read.
        return (numbers, free) switch
        {
            ([int only], _) => only,
            ([], [int only]) => only,
            ([], _) => throw new CommandException(
                $"No column holds numbers only; expected --column NAME, one of {CsvTable.ColumnNames(_table.Columns)}."),
            _ => throw new CommandException($"{numbers.Length} columns hold numbers: "
                + $"{CsvTable.ColumnNames(numbers.Select(column => _table.Columns[column]))}; expected --column NAME to choose one."),
        };
    }

    private bool AllRows(Predicate<int> isSo)
    {
        for (int row = 0; row < _table.Rows; row++)
        {
            if (!isSo(row))
                return false;
        }

        return true;
    }

    private string? GroupOf(int[] rows) => _group is { } column ? _table.Cell(rows[0], column) : null;

    private string Where(int[] rows) => GroupOf(rows) is { } group ? $" of group '{CsvTable.Shown(group)}'" : "";

    private string Name(int? column) => column is { } index ? $"'{CsvTable.Shown(_table.Columns[index])}'" : "none";
}
