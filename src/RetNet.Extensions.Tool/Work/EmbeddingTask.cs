using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Embeds texts as the server's <c>/v1/embeddings</c> and the embedding generator do: as the model's files say, else as the mean
/// of the hidden states of the last layer, scaled to length 1.</summary>
internal sealed class EmbeddingTask : ITextTask
{
    private readonly TextEmbedder _embedder;
    private readonly SequenceBatches<float[]> _batches;

    public EmbeddingTask(TextModel model, StateOptions state, int batch)
    {
        _embedder = new TextEmbedder(model, state: state);
        _batches = new SequenceBatches<float[]>(batch, (texts, cancellation) =>
        {
            // Nothing else has states here. Texts that have room only one after the other are computed so.
            model.Budget.RequireRoom(_embedder.StateBytes(texts));
            return _embedder.Embed(texts, cancellation);
        });
    }

    public IReadOnlyList<string> Settings =>
    [
        $"pooling {_embedder.Pooling}", _embedder.Normalize ? "scaled" : "not scaled",
        $"prompt \"{JsonEncodedText.Encode(_embedder.Prefix)}\"",
        _embedder.MaxTokens is { } most ? $"at most {most} tokens" : "any number of tokens",
    ];

    public async Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation)
    {
        int[] tokens = _embedder.Encode(text, out _);
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
