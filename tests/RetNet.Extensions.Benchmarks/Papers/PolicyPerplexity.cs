using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Figures 2 and 3 of the TOVA paper: the perplexity of held-out text against the size of the multi-state.</summary>
/// <remarks>Scored are the last tokens of each window, the same ones by every policy and in every way of reading.</remarks>
internal sealed class PolicyPerplexity(TextModel model, int[][] windows, int scored)
{
    private static readonly int[] Sizes = [64, 128, 256, 512, 1024];

    private readonly int _prompt = windows[0].Length - 1 - scored;

    /// <summary>A curve of each policy for texts that are read token by token.</summary>
    public List<Curve> Curves { get; } = [];

    /// <summary>All policies and sizes, read token by token, in pieces, and with a prompt that is read whole.</summary>
    /// <param name="piece">Tokens of a piece.</param>
    public void Measure(int piece)
    {
        ResultTable table = new(["reading", "policy", .. Sizes.Select(size => $"{size} rows"), "all rows"]);
        foreach ((string reading, int prompt, int step) in ((string, int, int)[])
            [
                ("token by token", 1, 1), ($"pieces of {piece}", piece, piece), ($"{_prompt} at once, then token by token", _prompt, 1),
            ])
        {
            double full = Perplexity(PolicyRows.Full, prompt, step);
            foreach (string policy in PolicyRows.Bounded)
            {
                double[] values = [.. Sizes.Select(size => Perplexity(new(policy, size), prompt, step)), full];
                table.Add([reading, policy, .. values.Select(value => ResultTable.Number(value, 2))]);
                if (prompt == 1)
                    Curves.Add(new(policy, LinePlot.Color(Curves.Count), [.. Sizes.Append(_prompt).Zip(values, (x, y) => ((double)x, y))]));
            }
        }
    }

    private double Perplexity(PolicyRows policy, int prompt, int step)
    {
        using SideBySide texts = new(model.Model, windows, policy.Options);
        for (int count = prompt; texts.Position < _prompt; count = step)
            texts.Read(Math.Min(count, _prompt - texts.Position));
        double nats = 0;
        double[] losses = new double[windows.Length * step];
        while (texts.Position < _prompt + scored)
        {
            int count = Math.Min(step, _prompt + scored - texts.Position);
            texts.Score(count, losses);
            nats += losses.AsSpan(0, windows.Length * count).ToArray().Sum();
        }

        return Math.Exp(nats / (windows.Length * (double)scored));
    }
}
