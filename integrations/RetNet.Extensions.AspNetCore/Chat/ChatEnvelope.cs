using System.Text.Json;
using RetNet.Extensions.AspNetCore.Models;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>What an answer and all chunks of its stream begin with.</summary>
/// <param name="kind">The <c>object</c>.</param>
/// <param name="prefix">What the id begins with.</param>
/// <param name="model">The model.</param>
/// <param name="time">The clock.</param>
internal sealed class ChatEnvelope(string kind, string prefix, ServedModel model, TimeProvider time)
{
    private const int FingerprintLength = 12;

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();
    private readonly string? _fingerprint = Fingerprint(model);

    /// <summary>The id of the answer.</summary>
    public string Id { get; } = $"{prefix}{Guid.NewGuid():N}";

    /// <summary>Begins the object.</summary>
    public void WriteStart(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteString("object"u8, kind);
        json.WriteNumber("created"u8, _created);
        json.WriteString("model"u8, model.Id);
        json.WriteString("system_fingerprint"u8, _fingerprint);
    }

    // Equal requests with a seed have equal answers as long as it is the same.
    private static string? Fingerprint(ServedModel model) =>
        model.ChatModel?.Loaded?.TextModel.Info.Fingerprint is { Length: > 0 } weights
            ? $"fp_{weights[..Math.Min(FingerprintLength, weights.Length)]}"
            : null;
}
