using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public sealed class RegressionMetrics
{
    private RegressionMetrics(double meanAbsoluteError, double meanSquaredError, double rSquared)
    {
        MeanAbsoluteError = meanAbsoluteError;
        MeanSquaredError = meanSquaredError;
        RSquared = rSquared;
    }

    public double MeanAbsoluteError { get; }

    public double MeanSquaredError { get; }

    public double RootMeanSquaredError => Math.Sqrt(MeanSquaredError);

    public double LossFunction => MeanSquaredError;

    public double RSquared { get; }

    internal static RegressionMetrics Compute(IDataView data, string labelColumnName, string scoreColumnName)
    {
        DataViewSchema.Column label = data.Schema.GetColumnOrNull(labelColumnName) ?? throw Contracts.ExceptParam("schema", $"Label column '{labelColumnName}' not found");
        DataViewSchema.Column score = data.Schema.GetColumnOrNull(scoreColumnName) ?? throw Contracts.ExceptSchemaMismatch("schema", "score", scoreColumnName);
        if (label.Type != NumberDataViewType.Single)
            throw Contracts.ExceptSchemaMismatch("schema", "label", labelColumnName, "Single", label.Type.ToString());
        if (score.Type != NumberDataViewType.Single)
            throw Contracts.ExceptSchemaMismatch("schema", "score", scoreColumnName, "Single", score.Type.ToString());
        using DataViewRowCursor cursor = data.GetRowCursor(label, score);
        Func<double> labelOf = AnyGetter.Number(cursor, label);
        Func<double> scoreOf = AnyGetter.Number(cursor, score);
        double rows = 0;
        double labels = 0;
        double squaredLabels = 0;
        double absolute = 0;
        double squared = 0;
        while (cursor.MoveNext())
        {
            double truth = labelOf();
            double error = scoreOf() - truth;
            if (double.IsNaN(error))
                continue;
            rows++;
            labels += truth;
            squaredLabels += truth * truth;
            absolute += Math.Abs(error);
            squared += error * error;
        }

        double variance = squaredLabels - (labels * labels / rows);
        return new RegressionMetrics(absolute / rows, squared / rows, 1 - (squared / variance));
    }
}
