using System.Text;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>Writes figures as Markdown.</summary>
internal static class MarkdownTable
{
    public static string Of(IEnumerable<Figure> figures)
    {
        StringBuilder text =
            new("| figure | here | llama.cpp, or as said | ratio | target | reached | of the machine |\n|---|---|---|---|---|---|---|\n");
        foreach (Figure figure in figures)
        {
            text.Append($"| {figure.Name} | {figure.Ours} | {figure.Theirs} | {figure.ResultText} | {figure.TargetText} | "
                + $"{figure.Reached} | {figure.Share} |\n");
        }

        return text.ToString();
    }
}
