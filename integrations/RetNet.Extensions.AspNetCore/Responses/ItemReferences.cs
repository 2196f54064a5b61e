using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Items of kept responses that a request names instead of sending them again.</summary>
internal static class ItemReferences
{
    private const string Type = "item_reference";
    private const int MostResponses = 128;

    /// <summary>Whether an item of the input is a reference: by its type, or because it has nothing but an id.</summary>
    public static bool IsReference(JsonFields item) => item.Text("type") switch
    {
        Type => true,
        null => item.Any("id") is not null
            && item.Json.EnumerateObject().All(field => field.Name == "id" || field.Value.ValueKind == JsonValueKind.Null),
        _ => false,
    };

    /// <summary>Reads the items that a request refers to.</summary>
    /// <remarks>The input of a later response of a conversation that is sent by references has all earlier items, so that the last
    /// reference is looked up first, and mostly no other response is read.</remarks>
    /// <param name="request">The request.</param>
    /// <param name="find">Reads a kept response; null if it is not there.</param>
    /// <param name="maxBytes">The most bytes of all items that are referred to.</param>
    /// <returns>The items by their ids, among others of their responses.</returns>
    /// <exception cref="OpenAIException">An item does not exist, or they are too long.</exception>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> ReadAsync(
        JsonFields request, Func<string, Task<StoredResponse?>> find, long maxBytes)
    {
        Dictionary<string, JsonElement> known = new(StringComparer.Ordinal);
        if (request.Any("input") is not { ValueKind: JsonValueKind.Array })
            return known;
        int responses = 0;
        long bytes = 0;
        foreach (JsonFields item in request.Objects("input")!.Where(IsReference).Reverse())
        {
            string id = item.RequiredText("id");
            if (!known.ContainsKey(id) && ResponseIds.ResponseOf(id) is { } response)
            {
                if (++responses > MostResponses)
                    throw item.Invalid("id", $"is an item of one response more than the {MostResponses} that are read", "invalid_value");
                foreach (JsonElement kept in (await find(response).ConfigureAwait(false))?.Items ?? [])
                    known.TryAdd(kept.GetProperty("id").GetString()!, kept);
            }

            if (!known.TryGetValue(id, out JsonElement found))
                throw NotFound(id, item.PathOf("id"));
            bytes += JsonMarshal.GetRawUtf8Value(found).Length;
            if (bytes > maxBytes)
            {
                throw JsonBody.TooLarge(
                    $"The items that 'input' refers to have more than {maxBytes} bytes, which is the most that this server reads.",
                    "input");
            }
        }

        return known;
    }

    private static OpenAIException NotFound(string id, string param) => new(StatusCodes.Status404NotFound,
        $"The item '{JsonFields.Shortened(id)}' does not exist: its response was not kept, or it was deleted.",
        OpenAIErrors.InvalidRequest, param, "item_not_found");
}
