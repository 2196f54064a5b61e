using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Telemetry;

namespace RetNet.Extensions.AspNetCore.Embeddings;

/// <summary>Embeds texts: <c>/embeddings</c>.</summary>
internal sealed class EmbeddingsEndpoint(ServedModels models, IOptions<RetNetOpenAIOptions> options, ServerTelemetry telemetry)
{
    /// <summary>Embeds the texts of a request.</summary>
    public async Task EmbedAsync(HttpContext context)
    {
        RetNetOpenAIOptions limits = options.Value;
        JsonFields fields = await JsonBody.ReadAsync(context.Request, limits.MaxRequestBytes).ConfigureAwait(false);
        string? name = fields.Text("model");
        IReadOnlyList<Prompt> inputs = Prompt.Read(fields, "input", limits.MaxEmbeddingInputs)
            ?? throw fields.Missing("input", "a text or a list of texts");
        bool isBase64 = fields.Text("encoding_format") switch
        {
            null or "float" => false,
            "base64" => true,
            string format => throw fields.Invalid("encoding_format",
                $"is '{JsonFields.Shortened(format)}'; expected float or base64", "invalid_value"),
        };
        EmbeddingGenerationOptions how = new()
        {
            Dimensions = fields.Count("dimensions", 1),

            // A full line is an answer of its own (429), not a wait.
            AdditionalProperties = new() { ["refuse_when_busy"] = true, ["max_prompt_tokens"] = limits.MaxPromptTokens },
        };
        ServedModel model = models.Find(name, model => model.Embeddings is not null, "embeds no texts");
        await model.LoadAsync(model.EmbeddingModel, context.RequestAborted).ConfigureAwait(false);
        string[] texts = new string[inputs.Count];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = await inputs[i].TextForAsync(model.EmbeddingModel, model.Id, "input", context.RequestAborted)
                .ConfigureAwait(false);
        }

        if (texts.Sum(text => (long)text.Length) > limits.MaxPromptCharacters)
        {
            throw fields.Invalid(
                "input", $"has more than the {limits.MaxPromptCharacters} characters that this server reads", "context_length_exceeded");
        }

        await telemetry.MeasureAsync(ServerTelemetry.Embeddings, model, null, async measured =>
        {
            GeneratedEmbeddings<Embedding<float>> vectors =
                await model.Embeddings!.GenerateAsync(texts, how, context.RequestAborted).ConfigureAwait(false);
            measured.Cost(vectors.Usage, responseId: null);
            await JsonAnswer.WriteAsync(context.Response, json => Write(json, model, vectors, isBase64)).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static void Write(
        Utf8JsonWriter json, ServedModel model, GeneratedEmbeddings<Embedding<float>> vectors, bool isBase64)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (int i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            json.WritePropertyName("embedding"u8);
            WriteVector(json, vectors[i].Vector.Span, isBase64);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, model.Id);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, vectors.Usage?.InputTokenCount ?? 0);
        json.WriteNumber("total_tokens"u8, vectors.Usage?.TotalTokenCount ?? 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // The base64 form is that of the little-endian bytes.
    private static void WriteVector(Utf8JsonWriter json, ReadOnlySpan<float> vector, bool isBase64)
    {
        if (isBase64)
        {
            json.WriteBase64StringValue(MemoryMarshal.AsBytes(vector));
            return;
        }

        json.WriteStartArray();
        foreach (float value in vector)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
