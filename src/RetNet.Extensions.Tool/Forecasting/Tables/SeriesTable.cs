using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Forecasting.Tables;

/// <summary>The series of a table: one column of values, and maybe one of times and one of groups.</summary>
internal sealed class SeriesTable
{
    private const string NoTimes = "none";

    // Rows that tell what a column holds mostly, where that takes time.
    private const int SampleRows = 100;

    private readonly CsvTable _table;
    private readonly int _value;
    private readonly int? _time;
    private readonly int? _group;
    private readonly int? _unread;
    private readonly int? _perhapsTime;
    private readonly int[] _rows;

    /// <summary>Chooses the columns.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">Name of the column of values; null for the only one of numbers.</param>
    /// <param name="timeColumn">Name of the column of times, or "none"; null for the only one of times that cannot be numbers, if there is
    /// one.</param>
    /// <param name="groupColumn">Name of the column that tells series apart; null for one series.</param>
    /// <param name="group">The only series to read, so that no other one's faults matter; null for all.</param>
    /// <exception cref="CommandException">A column or the series is not there, there is a choice, or a column that holds mostly numbers or
    /// times holds something else.</exception>
    public SeriesTable(CsvTable table, string? column, string? timeColumn, string? groupColumn, string? group = null)
    {
        _table = table;
        _group = table.IndexOf("--group-column", groupColumn);
        bool hasNoTimes = timeColumn == NoTimes && !table.Columns.Contains(NoTimes);
        _time = hasNoTimes ? null : table.IndexOf("--time-column", timeColumn);
        int? value = table.IndexOf("--column", column);
        _rows = [.. Enumerable.Range(0, table.Rows)];
        if (_group is { } names && group is not null)
        {
            string[] groups = [.. _rows.Select(row => table.Cell(row, names)).Distinct()];
            _rows = [.. _rows.Where(row => table.Cell(row, names) == group)];
            if (_rows.Length == 0)
                throw new CommandException($"--group is '{group}'; the groups are {CsvTable.ColumnNames(groups)}.");
        }

        int[] free = [.. Enumerable.Range(0, table.Columns.Count).Where(each => each != _group && each != _time && each != value)];
        if (timeColumn is null)
        {
            int[] times = [.. free.Where(each => _rows.All(row => IsTime(row, each)))];
            _time = times switch
            {
                [] => null,
                [int only] => only,
                _ => throw new CommandException($"{times.Length} columns hold times: {Names(times)}; expected --time-column NAME to "
                    + "choose one."),
            };
            if (_time is null)
                RequireNoMostlyTimes(free);
            free = [.. free.Except(times)];
            _perhapsTime = _time is null ? free.Cast<int?>().FirstOrDefault(each => MayBeTimes(each!.Value)) : null;
            _unread = _time is null ? free.Cast<int?>().FirstOrDefault(each => IsMostly(each!.Value, IsOtherDate)) : null;
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
        int[][] groups = [.. _rows.GroupBy(GroupOf).Select(rows => rows.ToArray())];
        if (_time is not { } time)
        {
            if (_perhapsTime is { } perhaps && perhaps != _value)
            {
                warn($"rows are taken in the order of the file; {TimesHint(perhaps)}.");
            }
            else if (_unread is { } unread)
            {
                warn($"{_table.Place(_rows.First(row => IsOtherDate(row, unread)), unread)}, a date in a form that is not read, so that "
                    + $"rows are taken in the order of the file; expected {TimeText.Expected}.");
            }

            return [.. groups.Select(rows => new TableSeries(GroupOf(rows[0]), [.. rows.Select(Value)], null, default))];
        }

        TimeText?[] read = [.. Enumerable.Range(0, _table.Rows).Select(row => TimeText.Read(_table.Cell(row, time)))];
        foreach (int row in _rows)
        {
            if (read[row] is null)
                throw new CommandException($"{_table.Place(row, time)}; expected {TimeText.Expected}.");
        }

        if (TimeText.AreLocal([.. _rows.Select(row => read[row]!.Value)]))
            read = Array.ConvertAll(read, each => each is { Offset: not null } local ? local.ToLocal() : each);
        bool isSorted = groups.All(rows => rows.Zip(rows.Skip(1)).All(pair => Time(pair.First) <= Time(pair.Second)));
        foreach (int[] rows in groups)
        {
            Array.Sort(rows, (a, b) => Time(a).CompareTo(Time(b)) is var order and not 0 ? order : a.CompareTo(b));
            foreach ((int before, int after) in rows.Zip(rows.Skip(1)))
            {
                if (Time(before) == Time(after))
                {
                    throw new CommandException($"{_table.Place(after, time)}, as in a row before{Where(rows)}; expected different times"
                        + (_group is null ? ", or --group-column NAME to tell series apart." : " within a group."));
                }
            }
        }

        // The step is that of all series, whichever is chosen.
        TimeStep step = TimeStep.Infer(
        [
            .. Enumerable.Range(0, _table.Rows).Where(row => read[row] is not null).GroupBy(GroupOf)
                .Select(rows => rows.Select(Time).Order().ToArray()),
        ]);
        if (!step.IsKnown)
            throw new CommandException("Each series has one row; expected at least two in one of them, to find the time of a step.");
        TableSeries[] series =
        [
            .. groups.Select(rows => new TableSeries(GroupOf(rows[0]), Steps(rows, Time, step), read[rows[^1]], step)),
        ];
        if (!isSorted)
            warn($"rows are not in the order of {CsvTable.Shown(TimeColumn!)}, and were sorted.");
        return series;

        long Time(int row) => read[row]!.Value.Time.Ticks;
    }

    /// <summary>The values of all steps; those that have no row are missing.</summary>
    private double[] Steps(int[] rows, Func<int, long> time, TimeStep step)
    {
        // The first row may be the one that is not regular.
        int origin = rows.Take(3).MaxBy(first => rows.Count(row => step.Fits(time(first), time(row))));
        long start = step.StepOf(time(origin), time(rows[0])), length = step.StepOf(time(origin), time(rows[^1])) - start + 1;
        if (length > (long)TimeStep.MostStepsPerRow * rows.Length)
        {
            throw new CommandException($"The rows{Where(rows)} are {step} apart, but only {rows.Length} of {length} such steps have "
                + $"one; expected at least one in {TimeStep.MostStepsPerRow}.");
        }

        double[] values = new double[length];
        Array.Fill(values, double.NaN);
        long last = -1;
        foreach (int row in rows)
        {
            if (!step.Fits(time(origin), time(row)))
            {
                throw new CommandException($"{_table.Place(row, _time!.Value)}, which is no step: steps are {step} apart, counted from "
                    + $"'{CsvTable.Shown(_table.Cell(origin, _time.Value))}'{Where(rows)}; expected regular steps, of which some may be "
                    + $"missing; or --time-column {NoTimes} to take the rows in their order.");
            }

            long place = step.StepOf(time(origin), time(row)) - start;
            if (place == last)
            {
                throw new CommandException($"{_table.Place(row, _time!.Value)}, which is in the same step of {step} as the row "
                    + $"before{Where(rows)}; expected one row per step.");
            }

            (values[place], last) = (Value(row), place);
        }

        return values;
    }

    private double Value(int row) => _table.Number(row, _value) switch
    {
        null => throw new CommandException($"{_table.Fault(row, _value)}."),
        { } number when Math.Abs(number) > Forecaster.LargestValue => throw new CommandException(
            $"{_table.Place(row, _value)}; expected a finite number from {-Forecaster.LargestValue} to {Forecaster.LargestValue}."),
        { } number => number,
    };

    private int ColumnOfNumbers(int[] free)
    {
        int[] numbers = [.. free.Where(column => _rows.All(row => _table.Number(row, column) is not null)
            && _rows.Any(row => IsNumber(row, column)))];
        if (numbers.Length <= 1 && free.Length > 1 && free.Except(numbers).Cast<int?>().FirstOrDefault(column =>
            2 * _rows.Count(row => IsNumber(row, column!.Value)) > _rows.Length
            && _rows.Any(row => _table.Number(row, column!.Value) is null)) is { } nearly)
        {
            throw new CommandException($"{_table.Fault(_rows.First(row => _table.Number(row, nearly) is null), nearly)}, or --column NAME "
                + $"to choose another column of {Names(free)}.");
        }

        // The only one left names what is wrong with it when it is read.
        return (numbers, free) switch
        {
            ([int only], _) => only,
            ([], [int only]) => only,
            ([], _) => throw new CommandException(
                $"No column holds numbers only; expected --column NAME, one of {CsvTable.ColumnNames(_table.Columns)}."),
            _ => throw new CommandException($"{numbers.Length} columns hold numbers: {Names(numbers)}; expected --column NAME to choose "
                + $"one{(_perhapsTime is { } perhaps ? $"; {TimesHint(perhaps)}" : "")}."),
        };
    }

    /// <exception cref="CommandException">A column holds times in most rows.</exception>
    private void RequireNoMostlyTimes(int[] free)
    {
        foreach (int column in free.Where(column => IsMostly(column, IsTime)))
        {
            int row = _rows.First(row => !IsTime(row, column));
            throw new CommandException($"{_table.Place(row, column)}, where most rows have times; expected {TimeText.Expected}; or "
                + $"--time-column {NoTimes} to take the rows in their order.");
        }
    }

    private bool IsTime(int row, int column) => TimeText.Read(_table.Cell(row, column)) is { IsUnmistakable: true };

    /// <summary>Whether all rows could be times, though they may be numbers, and ascend within a group.</summary>
    private bool MayBeTimes(int column) => _rows.All(row => TimeText.Read(_table.Cell(row, column)) is not null)
        && _rows.GroupBy(GroupOf).All(rows => Ascend(
            [.. rows.Select(row => TimeText.Read(_table.Cell(row, column))!.Value.Time)]));

    private static bool Ascend(DateTime[] times) => times.Zip(times.Skip(1)).All(pair => pair.First < pair.Second);

    private string TimesHint(int column) => $"if {Name(column)} holds their times, name it with --time-column";

    private bool IsOtherDate(int row, int column) => TimeText.IsOtherDate(_table.Cell(row, column));

    private bool IsNumber(int row, int column) => _table.Number(row, column) is { } number && !double.IsNaN(number);

    /// <summary>Whether something is so in more than half of the rows, of which some are asked.</summary>
    private bool IsMostly(int column, Func<int, int, bool> isSo)
    {
        int every = Math.Max(1, _rows.Length / SampleRows), asked = 0, so = 0;
        for (int i = 0; i < _rows.Length; i += every)
            (asked, so) = (asked + 1, so + (isSo(_rows[i], column) ? 1 : 0));
        return 2 * so > asked;
    }

    private string? GroupOf(int row) => _group is { } column ? _table.Cell(row, column) : null;

    private string Where(int[] rows) => GroupOf(rows[0]) is { } group ? $" of group '{CsvTable.Shown(group)}'" : "";

    private string Names(IEnumerable<int> columns) => CsvTable.ColumnNames(columns.Select(column => _table.Columns[column]));

    private string Name(int? column) => column is { } index ? $"'{CsvTable.Shown(_table.Columns[index])}'" : "none";
}
