using System.Text.Json;
using System.Text.Json.Serialization;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Contracts of what is read and written, for applications without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ResponseObject))]
[JsonSerializable(typeof(ResponseEvent))]
[JsonSerializable(typeof(ResponseErrorEvent))]
[JsonSerializable(typeof(ResponseDeletion))]
[JsonSerializable(typeof(ResponseItemList))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
internal sealed partial class ResponsesJson : JsonSerializerContext;

/// <summary>The answer to the deletion of a response.</summary>
internal sealed record ResponseDeletion(string Id, bool Deleted)
{
    public string Object { get; init; } = "response";
}

/// <summary>A page of the items of a request.</summary>
internal sealed record ResponseItemList(IReadOnlyList<JsonElement> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; init; } = "list";
}
