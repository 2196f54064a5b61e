using System.Globalization;
using System.Text;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The losses of a training, as a table and as a picture.</summary>
internal static class LossCurve
{
    private const int MostPoints = 400, MostMarkedPoints = 60;

    public static byte[] ToCsv(IEnumerable<TrainingPoint> history)
    {
        StringBuilder csv = new("step,loss,validation_loss,learning_rate,gradient_norm\n");
        foreach (TrainingPoint point in history)
        {
            double? loss = double.IsNaN(point.Loss) ? null : point.Loss;
            csv.Append(CultureInfo.InvariantCulture,
                $"{point.Step},{loss:R},{point.ValidationLoss:R},{point.LearningRate:R},{point.GradientNorm:R}\n");
        }

        return Encoding.UTF8.GetBytes(csv.ToString());
    }

    /// <summary>Training loss, averaged over neighbouring steps where there are many, and validation loss over the steps.</summary>
    /// <param name="history">The losses of all steps.</param>
    /// <param name="loss">What the loss is, with its unit.</param>
    public static byte[] ToSvg(IReadOnlyList<TrainingPoint> history, string loss)
    {
        PlotModel plot = Plot.Create("Loss per step", new LinearAxis { Title = "step" }, loss);
        AddCurve(plot, "training", OxyColor.FromRgb(0x1f, 0x77, 0xb4), Average(history));
        DataPoint[] validation = [.. history.Where(point => point.ValidationLoss is not null).Select(point => new DataPoint(
            point.Step, point.ValidationLoss!.Value))];
        AddCurve(plot, "validation", OxyColor.FromRgb(0xd6, 0x27, 0x28), validation);
        return Plot.ToSvg(plot);
    }

    private static DataPoint[] Average(IReadOnlyList<TrainingPoint> history)
    {
        TrainingPoint[] learned = [.. history.Where(point => !double.IsNaN(point.Loss))];
        int size = (learned.Length + MostPoints - 1) / MostPoints;
        return [.. learned.Chunk(Math.Max(1, size)).Select(part => new DataPoint(
            part.Average(point => (double)point.Step), part.Average(point => point.Loss)))];
    }

    private static void AddCurve(PlotModel plot, string name, OxyColor color, DataPoint[] points)
    {
        if (points.Length == 0)
            return;
        LineSeries curve = new()
        {
            Title = string.Create(CultureInfo.InvariantCulture, $"{name} (last {points[^1].Y:F3})"),
            Color = color,
            StrokeThickness = 1.5,
            MarkerType = points.Length <= MostMarkedPoints ? MarkerType.Circle : MarkerType.None,
            MarkerSize = 2.5,
        };
        curve.Points.AddRange(points);
        plot.Series.Add(curve);
    }
}
