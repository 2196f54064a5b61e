using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Embeds texts: the mean of the hidden states of the last layer, scaled to length 1, as the server's <c>/v1/embeddings</c> and
/// the embedding generator do.</summary>
internal sealed class EmbeddingTask(TextModel model, StateOptions state, int batch) : ITextTask
{
    private readonly SequenceBatches<float[]> _batches = new(batch, new SequenceEmbedder(model.Model, state).Embed);

    public async Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation)
    {
        int[] tokens = model.EncodePrompt(text);
        float[] vector = await _batches.ComputeAsync(tokens, cancellation).ConfigureAwait(false);
        return json =>
        {
            json.WriteNumber("tokens", tokens.Length);
            json.WriteStartArray("embedding");
            foreach (float value in vector)
                json.WriteNumberValue(value);
            json.WriteEndArray();
        };
    }

    public void Dispose() => _batches.Dispose();
}
