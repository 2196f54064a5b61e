using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.AspNetCore.Models;

/// <summary>Tells which models there are.</summary>
internal sealed class ModelsEndpoint(ServedModels models, TimeProvider time)
{
    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Lists all.</summary>
    public Task ListAsync(HttpContext context) => JsonAnswer.WriteAsync(context.Response, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (ServedModel model in models.All)
            Write(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Tells of one.</summary>
    public Task GetAsync(HttpContext context)
    {
        ServedModel model = models.Find((string)context.Request.RouteValues["id"]!);
        return JsonAnswer.WriteAsync(context.Response, json => Write(json, model));
    }

    private void Write(Utf8JsonWriter json, ServedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteString("object", "model");
        json.WriteNumber("created", _created);
        json.WriteString("owned_by", model.Provider ?? "unknown");
        if ((model.Chat is null ? model.EmbeddingModel : model.ChatModel)?.Loaded is { } loaded)
        {
            ModelInfo info = loaded.TextModel.Info;
            json.WriteStartObject("retnet");
            json.WriteString("architecture", info.Architecture);
            json.WriteNumber("parameters", info.Parameters);
            json.WriteString("weight_format", info.WeightFormat.ToString());
            json.WritePropertyName("context_length");
            if (info.ContextLength is { } context)
                json.WriteNumberValue(context);
            else
                json.WriteNullValue();
            json.WriteString("policy", info.HasConstantState ? null : loaded.DefaultOptions.State.Policy.Name);
            json.WriteString("device", info.Device.ToString());
            json.WriteStartArray("adapters");
            foreach (AdapterInfo adapter in info.Adapters)
                json.WriteStringValue(adapter.Name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("retnet");
        }

        json.WriteEndObject();
    }
}
