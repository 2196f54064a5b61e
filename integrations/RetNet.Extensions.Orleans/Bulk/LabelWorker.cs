using System.Globalization;
using System.Numerics.Tensors;
using System.Text;

namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Classifies texts by what the model finds likely: the probability of each label, written into a sentence with the
/// text.</summary>
/// <param name="likelihood">The model.</param>
/// <param name="sentence">With <c>{0}</c> for the text and <c>{1}</c> for a label.</param>
/// <param name="labels">The labels.</param>
internal sealed class LabelWorker(TextLikelihood likelihood, CompositeFormat sentence, IReadOnlyList<string> labels) : ITextWorker
{
    public async ValueTask<IReadOnlyList<float[]>> RunAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        string[] sentences =
            [.. texts.SelectMany(text => labels.Select(label => string.Format(CultureInfo.InvariantCulture, sentence, text, label)))];
        IReadOnlyList<(double Nats, int Tokens)> scores = await likelihood.ScoreAsync(sentences, cancellationToken).ConfigureAwait(false);
        return [.. scores.Chunk(labels.Count).Select(Probabilities)];
    }

    // p(label | text) ∝ p(sentence), since all sentences of a text have the same beginning. Relative to the likeliest in float64.
    private static float[] Probabilities((double Nats, int Tokens)[] sentences)
    {
        double least = sentences.Min(score => score.Nats);
        float[] probabilities = [.. sentences.Select(score => (float)(least - score.Nats))];
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
        return probabilities;
    }
}
