using System.Text.Json.Serialization;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>One item of a response's output.</summary>
/// <param name="Id">Its id, unique over all responses.</param>
/// <param name="Status">As of a <see cref="ResponseObject"/>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(MessageItem), "message")]
[JsonDerivedType(typeof(FunctionCallItem), "function_call")]
[JsonDerivedType(typeof(ReasoningItem), "reasoning")]
internal abstract record ResponseItem(string Id, string Status);

/// <summary>A message of the model.</summary>
internal sealed record MessageItem(string Id, string Status, IReadOnlyList<ResponsePart> Content) : ResponseItem(Id, Status)
{
    public string Role { get; init; } = "assistant";
}

/// <summary>A call of a function that the client offers.</summary>
/// <param name="Id">The item's id.</param>
/// <param name="Status">The item's status.</param>
/// <param name="CallId">The call's id, which its result repeats.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">A JSON object as text.</param>
internal sealed record FunctionCallItem(string Id, string Status, string CallId, string Name, string Arguments) : ResponseItem(Id, Status);

/// <summary>What the model thought before its answer: as <see cref="Summary"/> where the request asks for one, otherwise as
/// <see cref="Content"/>.</summary>
internal sealed record ReasoningItem(string Id, string Status, IReadOnlyList<ResponsePart> Summary, IReadOnlyList<ResponsePart> Content)
    : ResponseItem(Id, Status);
