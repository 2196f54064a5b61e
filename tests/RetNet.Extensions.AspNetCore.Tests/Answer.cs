using System.Net;
using System.Text.Json;

namespace RetNet.Extensions.AspNetCore.Tests;

/// <summary>A response, read whole.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text, Dictionary<string, string> Headers)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>The error, whose shape is checked.</summary>
    public JsonElement Error
    {
        get
        {
            JsonElement error = Json.GetProperty("error");
            Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(property => property.Name));
            return error;
        }
    }

    /// <summary>The text of the first choice of a chat completion.</summary>
    public string Content => Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode, await response.Content.ReadAsStringAsync(),
        response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
}
