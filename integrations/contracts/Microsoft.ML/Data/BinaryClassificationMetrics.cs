using Microsoft.ML.Internal;

namespace Microsoft.ML.Data;

public class BinaryClassificationMetrics
{
    internal BinaryClassificationMetrics(BinaryEvaluation evaluation)
    {
        double tp = evaluation.TruePositive;
        double fn = evaluation.FalseNegative;
        double fp = evaluation.FalsePositive;
        double tn = evaluation.TrueNegative;
        AreaUnderRocCurve = evaluation.AreaUnderRocCurve;
        AreaUnderPrecisionRecallCurve = evaluation.AreaUnderPrecisionRecallCurve;
        Accuracy = (tp + tn) / evaluation.Total;
        PositivePrecision = ConfusionMatrix.Ratio(tp, tp + fp);
        PositiveRecall = ConfusionMatrix.Ratio(tp, tp + fn);
        NegativePrecision = ConfusionMatrix.Ratio(tn, tn + fn);
        NegativeRecall = ConfusionMatrix.Ratio(tn, tn + fp);
        F1Score = ConfusionMatrix.Ratio(2 * PositivePrecision * PositiveRecall, PositivePrecision + PositiveRecall);
        ConfusionMatrix = new ConfusionMatrix([[tp, fn], [fp, tn]], ["positive", "negative"], isBinary: true);
    }

    public double AreaUnderRocCurve { get; }

    public double Accuracy { get; }

    public double PositivePrecision { get; }

    public double PositiveRecall { get; }

    public double NegativePrecision { get; }

    public double NegativeRecall { get; }

    public double F1Score { get; }

    public double AreaUnderPrecisionRecallCurve { get; }

    public ConfusionMatrix ConfusionMatrix { get; }
}
