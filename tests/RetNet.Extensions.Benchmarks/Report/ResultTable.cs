using System.Globalization;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>A table that is written as Markdown, row by row as it is measured.</summary>
internal sealed class ResultTable
{
    /// <summary>Writes the head of the table.</summary>
    public ResultTable(IReadOnlyList<string> columns)
    {
        Add(columns);
        Add([.. columns.Select(_ => "---")]);
    }

    /// <summary>Writes a row.</summary>
    public void Add(IReadOnlyList<string> cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    /// <summary>A number with as many digits behind its point.</summary>
    public static string Number(double value, int digits) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);
}
