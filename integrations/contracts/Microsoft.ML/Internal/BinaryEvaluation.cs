using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>Counts over scores (and probabilities) beside the true answers; a score above 0 predicts the positive class.</summary>
internal sealed class BinaryEvaluation
{
    private readonly List<(float Score, bool Positive)> _rows = [];
    private double _logLoss;

    public BinaryEvaluation(IDataView data, string labelName, string scoreName, string probabilityName, string predictedLabelName)
    {
        DataViewSchema.Column label = data.Schema.GetColumnOrNull(labelName) ?? throw Contracts.ExceptParam("schema", $"Label column '{labelName}' not found");
        DataViewSchema.Column score = Scores(data.Schema, "score", scoreName);
        DataViewSchema.Column? probability = probabilityName is null ? null : Scores(data.Schema, "probability", probabilityName);
        if (data.Schema.GetColumnOrNull(predictedLabelName) is null)
            throw Contracts.ExceptSchemaMismatch("schema", "predicted label", predictedLabelName);
        if (label.Type is not BooleanDataViewType && label.Type != NumberDataViewType.Single && label.Type != NumberDataViewType.Double
            && label.Type is not KeyDataViewType { Count: 2 })
        {
            throw Contracts.ExceptSchemaMismatch("schema", "label", labelName, "Single, Double, Boolean, or a Key with cardinality 2", label.Type.ToString());
        }

        using DataViewRowCursor cursor = data.GetRowCursor([label, score, .. probability is DataViewSchema.Column column ? [column] : Array.Empty<DataViewSchema.Column>()]);
        Func<double> labelOf = AnyGetter.Number(cursor, label);
        Func<double> scoreOf = AnyGetter.Number(cursor, score);
        Func<double> probabilityOf = probability is DataViewSchema.Column scored ? AnyGetter.Number(cursor, scored) : () => double.NaN;
        while (cursor.MoveNext())
        {
            double truth = labelOf();
            float value = (float)scoreOf();
            if (double.IsNaN(truth) || float.IsNaN(value))
                continue;
            _rows.Add((value, truth > 0));
            _logLoss += -Math.Log2(truth > 0 ? probabilityOf() : 1 - probabilityOf());
        }

        Count(positive: true, predicted: true, out TruePositive);
        Count(positive: true, predicted: false, out FalseNegative);
        Count(positive: false, predicted: true, out FalsePositive);
        Count(positive: false, predicted: false, out TrueNegative);
    }

    public readonly double TruePositive;
    public readonly double FalseNegative;
    public readonly double FalsePositive;
    public readonly double TrueNegative;

    public double Total => _rows.Count;

    public double LogLoss => _logLoss / Total;

    public double Entropy
    {
        get
        {
            double positive = (TruePositive + FalseNegative) / Total;
            return positive is <= 0 or >= 1 ? 0 : -((positive * Math.Log2(positive)) + ((1 - positive) * Math.Log2(1 - positive)));
        }
    }

    /// <summary>The chance that a positive row has a higher score than a negative one; ties count half.</summary>
    public double AreaUnderRocCurve
    {
        get
        {
            double positives = TruePositive + FalseNegative;
            double negatives = FalsePositive + TrueNegative;
            Contracts.CheckParam(positives > 0, "PosSample", "AUC is not defined when there is no positive class in the data");
            Contracts.CheckParam(negatives > 0, "NegSample", "AUC is not defined when there is no negative class in the data");
            double below = 0;
            double wins = 0;
            foreach (IGrouping<float, (float Score, bool Positive)> tie in _rows.GroupBy(row => row.Score).OrderBy(tie => tie.Key))
            {
                double tiedPositives = tie.Count(row => row.Positive);
                double tiedNegatives = tie.Count() - tiedPositives;
                wins += tiedPositives * (below + (tiedNegatives / 2));
                below += tiedNegatives;
            }

            return wins / (positives * negatives);
        }
    }

    public double AreaUnderPrecisionRecallCurve
    {
        get
        {
            double positives = TruePositive + FalseNegative;
            double area = 0;
            double found = 0;
            double seen = 0;
            double lastRecall = 0;
            double lastPrecision = 1;
            foreach (IGrouping<float, (float Score, bool Positive)> tie in _rows.GroupBy(row => row.Score).OrderByDescending(tie => tie.Key))
            {
                found += tie.Count(row => row.Positive);
                seen += tie.Count();
                area += ((found / positives) - lastRecall) * ((found / seen) + lastPrecision) / 2;
                lastRecall = found / positives;
                lastPrecision = found / seen;
            }

            return area;
        }
    }

    private static DataViewSchema.Column Scores(DataViewSchema schema, string role, string name)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw Contracts.ExceptSchemaMismatch("schema", role, name);
        return column.Type == NumberDataViewType.Single
            ? column
            : throw Contracts.ExceptSchemaMismatch("schema", role, name, "Single", column.Type.ToString());
    }

    private void Count(bool positive, bool predicted, out double count) => count = _rows.Count(row => row.Positive == positive && row.Score > 0 == predicted);
}
