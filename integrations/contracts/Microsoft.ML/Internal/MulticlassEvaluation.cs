using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>The metrics of class scores beside the true classes.</summary>
internal static class MulticlassEvaluation
{
    private const float Epsilon = 1e-15f;

    public static MulticlassClassificationMetrics Evaluate(
        IDataView data, string labelColumnName, string scoreColumnName, string predictedLabelColumnName, int topK)
    {
        DataViewSchema.Column label = data.Schema.GetColumnOrNull(labelColumnName) ?? throw Contracts.ExceptParam("schema", $"Label column '{labelColumnName}' not found");
        DataViewSchema.Column score = data.Schema.GetColumnOrNull(scoreColumnName) ?? throw Contracts.ExceptSchemaMismatch("schema", "score", scoreColumnName);
        if (data.Schema.GetColumnOrNull(predictedLabelColumnName) is null)
            throw Contracts.ExceptSchemaMismatch("schema", "predicted label", predictedLabelColumnName);
        if (score.Type is not VectorDataViewType { Size: >= 2 } scores || scores.ItemType != NumberDataViewType.Single)
            throw Contracts.ExceptSchemaMismatch("schema", "score", scoreColumnName, "vector of two or more items of type Single", score.Type.ToString());
        if (label.Type is not KeyDataViewType && label.Type != NumberDataViewType.Single && label.Type != NumberDataViewType.Double)
            throw Contracts.ExceptSchemaMismatch("schema", "label", labelColumnName, "Single or Key", label.Type.ToString());

        int classes = scores.Size;
        double[][] table = [.. Enumerable.Range(0, classes).Select(_ => new double[classes])];
        double[] classLoss = new double[classes];
        double[] ranks = new double[classes + 1];
        double loss = 0;
        double rows = 0;
        float[] values = new float[classes];
        using DataViewRowCursor cursor = data.GetRowCursor(label, score);
        Func<double> labelOf = AnyGetter.Number(cursor, label);
        ValueGetter<VBuffer<float>> scoreOf = cursor.GetGetter<VBuffer<float>>(score);
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            double truth = labelOf();
            scoreOf(ref buffer);
            buffer.CopyTo(values);
            if (!(truth >= 0) || truth != Math.Floor(truth) || values.Any(value => !float.IsFinite(value)))
                continue;

            // A class that training has not seen: the row counts, but belongs to no class.
            bool known = truth < classes;
            int actual = known ? (int)truth : -1;
            float probability = known ? values[actual] : 0;
            double rowLoss = -Math.Log(known ? Math.Clamp(probability, Epsilon, 1) : Epsilon);
            int rank = values.Where((value, i) => value > probability || (value == probability && i < truth)).Count();
            rows++;
            loss += rowLoss;
            ranks[rank]++;
            if (known)
            {
                classLoss[actual] += rowLoss;
                table[actual][rank == 0 ? actual : Array.IndexOf(values, values.Max())]++;
            }
        }

        double[] sizes = [.. table.Select(row => row.Sum())];
        double[] recalls = [.. table.Select((row, i) => ConfusionMatrix.Ratio(row[i], sizes[i])).Where((_, i) => sizes[i] > 0)];
        double entropy = -sizes.Where(size => size > 0).Sum(size => size / rows * Math.Log(size / rows));
        double meanLoss = ConfusionMatrix.Ratio(loss, rows);
        List<double> topAccuracies = [];
        for (int k = 0; k < Math.Min(topK, classes); k++)
            topAccuracies.Add((topAccuracies.Count > 0 ? topAccuracies[^1] : 0) + (ranks[k] / rows));
        return new MulticlassClassificationMetrics(
            ConfusionMatrix.Ratio(ranks[0], rows),
            recalls.Length > 0 ? recalls.Average() : 0,
            meanLoss,
            (entropy - meanLoss) / entropy,
            topK > 0 ? topAccuracies : null,
            [.. classLoss.Select((total, i) => ConfusionMatrix.Ratio(total, sizes[i]))],
            new ConfusionMatrix(table, ClassNames(label, score, classes), isBinary: false));
    }

    private static string[] ClassNames(DataViewSchema.Column label, DataViewSchema.Column score, int classes)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        if (score.HasSlotNames())
            score.GetSlotNames(ref names);
        else if (label.HasKeyValues())
            label.GetKeyValues(ref names);
        return names.Length == classes
            ? [.. names.DenseValues().Select(name => name.ToString())]
            : [.. Enumerable.Range(0, classes).Select(i => i.ToString())];
    }
}
