using System.Text;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Which tokens a policy still has at the end of a text, layer by layer, as the analysis of the TOVA paper (its section 6)
/// asks.</summary>
internal sealed class KeptTokens(TextModel model, int[][] windows, PolicyRows policy)
{
    private readonly bool[] _isPunctuation = [.. Enumerable.Range(0, model.Info.VocabularySize).Select(id => IsPunctuation(model, id))];

    /// <summary>Reads the windows token by token and looks at what stays.</summary>
    public void Measure()
    {
        using SideBySide texts = new(model.Model, windows, policy.Options);
        while (texts.Position < windows[0].Length)
            texts.Read(1);
        ResultTable table = new(
            ["layer", "first token", "among the newest k", "mean age, tokens", "punctuation", "punctuation of the text"]);
        int length = windows[0].Length, k = policy.Rows!.Value;
        double inText = windows.Average(window => window.Average(Punctuation));
        for (int layer = 0; layer < ((TransformerState)texts.States[0]).Configuration.Layers; layer++)
        {
            long[][] kept = [.. texts.States.Select(state => ((TransformerState)state).GetKeptPositions(layer))];
            table.Add([$"{layer}",
                Percent(kept.Average(rows => rows[0] == 0 ? 1 : 0)),
                Percent(kept.Average(rows => rows.Average(position => position >= length - k ? 1 : 0))),
                ResultTable.Number(kept.Average(rows => rows.Average(position => length - 1 - position)), 0),
                Percent(Enumerable.Range(0, windows.Length).Average(i => kept[i].Average(position => Punctuation(windows[i][position])))),
                Percent(inText)]);
        }
    }

    private static string Percent(double share) => $"{ResultTable.Number(100 * share, 0)} %";

    private static bool IsPunctuation(TextModel model, int id)
    {
        string text = model.Tokenizer.Decode([id]).Trim();
        return text.Length > 0 && text.EnumerateRunes().All(Rune.IsPunctuation);
    }

    private double Punctuation(int token) => _isPunctuation[token] ? 1 : 0;
}
