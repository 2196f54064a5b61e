using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>Writes figures to the terminal.</summary>
internal static class ConsoleTable
{
    public static Table Of(IEnumerable<Figure> figures)
    {
        Table table = new Table().AddColumns("figure", "here", "llama.cpp, or as said", "ratio", "target", "reached", "of the machine");
        foreach (Figure figure in figures)
        {
            table.AddRow(Array.ConvertAll(
                (string[])[figure.Name, figure.Ours, figure.Theirs, figure.ResultText, figure.TargetText, figure.Reached,
                    figure.Share], Markup.Escape));
        }

        return table;
    }
}
