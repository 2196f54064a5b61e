using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The losses of a training, as a table and as a picture.</summary>
internal static class LossCurve
{
    private const int Width = 800, Height = 480, Left = 70, Right = 20, Top = 40, Bottom = 55;
    private const int MostPoints = 400;
    private const int Ticks = 5;

    public static byte[] ToCsv(IEnumerable<TrainingPoint> history)
    {
        StringBuilder csv = new("step,loss,validation_loss,learning_rate,gradient_norm\n");
        foreach (TrainingPoint point in history)
        {
            csv.Append(CultureInfo.InvariantCulture,
                $"{point.Step},{point.Loss:R},{point.ValidationLoss:R},{point.LearningRate:R},{point.GradientNorm:R}\n");
        }

        return Encoding.UTF8.GetBytes(csv.ToString());
    }

    /// <summary>Training loss, averaged over neighbouring steps where there are many, and validation loss over the steps.</summary>
    /// <param name="history">The losses of all steps.</param>
    /// <param name="loss">What the loss is, with its unit.</param>
    public static byte[] ToSvg(IReadOnlyList<TrainingPoint> history, string loss)
    {
        (double Step, double Loss)[] training = Average(history);
        (double Step, double Loss)[] validation = [.. history.Where(point => point.ValidationLoss is not null).Select(point => (
            (double)point.Step, point.ValidationLoss!.Value))];
        double[] losses = [.. training.Concat(validation).Select(point => point.Loss)];
        Axes axes = new(Math.Max(1, history.Count), Math.Floor(losses.Min() * 10) / 10, (Math.Floor(losses.Max() * 10) + 1) / 10);

        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="13">
            <title>Loss per step</title>
            <rect width="{Width}" height="{Height}" fill="white"/>

            """);
        AppendAxes(svg, axes, loss);
        AppendCurve(svg, axes, training, "training", "#1f77b4", 0);
        AppendCurve(svg, axes, validation, "validation", "#d62728", 1);
        return Encoding.UTF8.GetBytes(svg.Append("</svg>\n").ToString());
    }

    private static (double Step, double Loss)[] Average(IReadOnlyList<TrainingPoint> history)
    {
        int size = (history.Count + MostPoints - 1) / MostPoints;
        return [.. history.Chunk(Math.Max(1, size)).Select(part => (part.Average(point => (double)point.Step),
            part.Average(point => point.Loss)))];
    }

    private static void AppendAxes(StringBuilder svg, Axes axes, string name)
    {
        for (int i = 0; i <= Ticks; i++)
        {
            double loss = axes.Least + ((axes.Most - axes.Least) * i / Ticks);
            double step = Math.Round((double)axes.Steps * i / Ticks);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line x1="{Left}" x2="{Width - Right}" y1="{axes.Y(loss):F1}" y2="{axes.Y(loss):F1}" stroke="#ddd"/>
                <text x="{Left - 8}" y="{axes.Y(loss) + 4:F1}" text-anchor="end">{loss:F2}</text>
                <text x="{axes.X(step):F1}" y="{Height - Bottom + 18}" text-anchor="middle">{step:F0}</text>

                """);
        }

        int middle = (Top + Height - Bottom) / 2;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <path d="M{Left} {Top}V{Height - Bottom}H{Width - Right}" fill="none" stroke="black"/>
            <text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">step</text>
            <text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">{name}</text>

            """);
    }

    private static void AppendCurve(StringBuilder svg, Axes axes, (double Step, double Loss)[] points, string name, string color, int place)
    {
        if (points.Length == 0)
            return;
        string path = string.Join(
            ' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{axes.X(point.Step):F1},{axes.Y(point.Loss):F1}")));
        int x = Left + 20 + (place * 260);
        svg.Append(CultureInfo.InvariantCulture, $"""
            <polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>
            <line x1="{x}" x2="{x + 24}" y1="22" y2="22" stroke="{color}" stroke-width="3"/>
            <text x="{x + 32}" y="26">{name} (last {points[^1].Loss:F3})</text>

            """);
        foreach ((double step, double loss) in points.Length <= 60 ? points : [])
        {
            svg.Append(
                CultureInfo.InvariantCulture, $"<circle cx=\"{axes.X(step):F1}\" cy=\"{axes.Y(loss):F1}\" r=\"2.5\" fill=\"{color}\"/>\n");
        }
    }

    /// <summary>The place of a step and a loss in the picture.</summary>
    private readonly record struct Axes(long Steps, double Least, double Most)
    {
        public double X(double step) => Left + ((Width - Left - Right) * step / Steps);

        public double Y(double loss) => Height - Bottom - ((Height - Top - Bottom) * (loss - Least) / (Most - Least));
    }
}
