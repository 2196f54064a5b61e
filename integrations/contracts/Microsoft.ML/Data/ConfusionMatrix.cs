using System.Globalization;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public sealed class ConfusionMatrix
{
    private readonly string[] _names;
    private readonly bool _isBinary;

    internal ConfusionMatrix(double[][] counts, string[] names, bool isBinary)
    {
        _names = names;
        _isBinary = isBinary;
        Counts = counts;
        NumberOfClasses = counts.Length;
        PerClassRecall = [.. counts.Select((row, i) => Ratio(row[i], row.Sum()))];
        PerClassPrecision = [.. counts.Select((row, i) => Ratio(row[i], counts.Sum(other => other[i])))];
    }

    public IReadOnlyList<double> PerClassPrecision { get; }

    public IReadOnlyList<double> PerClassRecall { get; }

    public IReadOnlyList<IReadOnlyList<double>> Counts { get; }

    public int NumberOfClasses { get; }

    public double GetCountForClassPair(int predictedClassIndicatorIndex, int actualClassIndicatorIndex)
    {
        const string message = "Invalid index. Should be non-negative, less than the number of classes.";
        Contracts.CheckParam((uint)predictedClassIndicatorIndex < (uint)NumberOfClasses, nameof(predictedClassIndicatorIndex), message);
        Contracts.CheckParam((uint)actualClassIndicatorIndex < (uint)NumberOfClasses, nameof(actualClassIndicatorIndex), message);
        return Counts[actualClassIndicatorIndex][predictedClassIndicatorIndex];
    }

    public string GetFormattedConfusionTable()
    {
        // Names that do not fit above a column are replaced by numbers, which then stand before the names of the rows.
        int width = NumberOfClasses == 2 ? 8 : 5;
        int longest = _names.Max(name => name.Length);
        bool numbered = longest > width;
        int digits = (NumberOfClasses - 1).ToString(CultureInfo.InvariantCulture).Length;
        int labelWidth = Math.Max(9, longest + (numbered ? digits + 2 : 0));
        string rule = string.Concat(Enumerable.Repeat(NumberOfClasses > 2 ? "========" : "===========", NumberOfClasses));
        string blank = new(' ', labelWidth);
        StringBuilder table = new();
        if (NumberOfClasses == 2 && _isBinary)
        {
            double positive = Counts[0].Sum();
            double negative = Counts[1].Sum();
            table.Append($"TEST {_names[0].ToUpper()} RATIO:\t{positive / (positive + negative):N4} ({positive:F1}/({positive:F1}+{negative:F1}))");
        }

        table.AppendLine().AppendLine("Confusion table");
        table.AppendLine($"{blank} ||{rule}");
        table.Append($"{"PREDICTED".PadRight(labelWidth)} ||");
        for (int i = 0; i < NumberOfClasses; i++)
            table.Append($" {(numbered ? i.ToString() : _names[i]).PadLeft(width)} |");
        table.AppendLine(" Recall").AppendLine($"{"TRUTH".PadRight(labelWidth)} ||{rule}");
        for (int i = 0; i < NumberOfClasses; i++)
        {
            string label = numbered ? $"{i.ToString().PadLeft(digits)}. {_names[i].PadLeft(labelWidth - digits - 2)}" : _names[i].PadLeft(labelWidth);
            table.Append($"{label} ||");
            foreach (double count in Counts[i])
                table.Append($" {count.ToString("N0").PadLeft(width)} |");
            table.AppendLine($" {PerClassRecall[i],5:F4}");
        }

        table.AppendLine($"{blank} ||{rule}").Append($"{"Precision".PadRight(labelWidth)} ||");
        foreach (double precision in PerClassPrecision)
            table.Append($"{precision.ToString("N4").PadLeft(width + 1)} |");
        return table.AppendLine().ToString();
    }

    internal static double Ratio(double part, double whole) => whole > 0 ? part / whole : 0;
}
