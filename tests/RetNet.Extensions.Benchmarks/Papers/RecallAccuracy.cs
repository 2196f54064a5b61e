using System.Numerics.Tensors;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>How often a model of <see cref="RecallText"/> answers rightly, against the distance to what is asked for.</summary>
/// <param name="questions">Questions of each kind and distance.</param>
internal sealed class RecallAccuracy(int questions)
{
    private const int SideBySideTexts = 50;
    private const int TokensPerPair = 32;

    private static readonly int[] Distances = [16, 32, 64, 128, 256, 512, 768, 1536];

    private readonly ResultTable _table = new(["model", "asked for", .. Distances.Select(distance => $"{distance}")]);

    /// <summary>A curve of pairs for each model and policy.</summary>
    public List<Curve> Curves { get; } = [];

    /// <summary>Asks for pairs and for names, each text read token by token.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">As the table names it.</param>
    /// <param name="policy">Which rows a Transformer keeps.</param>
    public void Measure(TextModel model, string name, PolicyRows policy)
    {
        double[] pairs = Accuracies(isName: false);
        Curves.Add(new(name, LinePlot.Color(Curves.Count), [.. Distances.Zip(pairs, (x, y) => ((double)x, y))]));
        _table.Add([name, "a pair", .. pairs.Select(Percent)]);
        _table.Add([name, "the name", .. Accuracies(isName: true).Select(Percent)]);

        double[] Accuracies(bool isName) => [.. Distances.Select(distance => Accuracy(distance, isName))];

        double Accuracy(int distance, bool isName)
        {
            RecallText texts = new(seed: 1000 + distance);
            int right = 0, others = Math.Min(RecallText.MostPairs, distance / TokensPerPair);
            for (int done = 0; done < questions; done += SideBySideTexts)
            {
                right += Right(model, policy, [.. Enumerable.Range(0, Math.Min(SideBySideTexts, questions - done)).Select(_ =>
                    isName ? texts.NameQuestion(distance, others) : texts.PairQuestion(distance, others))]);
            }

            return 100.0 * right / questions;
        }
    }

    private static string Percent(double value) => $"{ResultTable.Number(value, 0)} %";

    /// <summary>How many answers are right in all their tokens, each the likeliest one behind the right ones before it.</summary>
    private static int Right(TextModel model, PolicyRows policy, IReadOnlyList<(string Text, string Answer)> questions)
    {
        int[][] answers = [.. questions.Select(question => model.Tokenizer.Encode(question.Answer, addSpecialTokens: false))];
        int[][] texts = [.. questions.Select((question, i) => (int[])[model.BeginningOfSequenceId!.Value,
            .. model.Tokenizer.Encode(question.Text, addSpecialTokens: false), .. answers[i]])];
        using SideBySide reading = new(model.Model, texts, policy.Options);
        int vocabulary = model.Info.VocabularySize, before = texts[0].Length - answers[0].Length;
        bool[] isWrong = new bool[texts.Length];
        while (reading.Position < texts[0].Length - 1)
        {
            Span<float> logits = reading.Read(1);
            for (int i = 0; reading.Position >= before && i < texts.Length; i++)
                isWrong[i] |= TensorPrimitives.IndexOfMax<float>(logits.Slice(i * vocabulary, vocabulary)) != texts[i][reading.Position];
        }

        return isWrong.Count(wrong => !wrong);
    }
}
