using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Reads the body of a request as a JSON object whose texts are all valid Unicode.</summary>
internal static class JsonBody
{
    /// <summary>Texts are written as they are; only JSON's own characters are escaped.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>JSON in a text of a request, such as the arguments of a call.</summary>
    /// <remarks>What is read may be nested less deep than what is written around it: conversations, calls and descriptions of
    /// tools.</remarks>
    public static readonly JsonDocumentOptions TextOptions = new() { MaxDepth = 48 };

    // A field that is there twice has no meaning that all readers agree on.
    private static readonly JsonDocumentOptions ReaderOptions = TextOptions with { AllowDuplicateProperties = false };

    private const int FirstBuffer = 4096;
    private static readonly object Key = new();

    /// <summary>Reads the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">The most bytes that the body may have.</param>
    /// <exception cref="OpenAIException">The body is not one, or too long.</exception>
    public static async Task<JsonFields> ReadAsync(HttpRequest request, long maxBytes)
    {
        RequireJson(request);
        if (request.ContentLength > maxBytes)
            throw TooLong(maxBytes);
        ArrayBufferWriter<byte> body = new(request.ContentLength is { } length and > 0
            ? (int)Math.Min(length + 1, Array.MaxLength)
            : FirstBuffer);
        while (true)
        {
            int read = await request.Body.ReadAsync(body.GetMemory(1), request.HttpContext.RequestAborted).ConfigureAwait(false);
            if (read == 0)
            {
                JsonElement json = Parse(body.WrittenMemory);
                request.HttpContext.Items[Key] = json;
                return new JsonFields(json, "");
            }

            body.Advance(read);
            if (body.WrittenCount > maxBytes)
                throw TooLong(maxBytes);
        }
    }

    /// <summary>The body of a request, once it was read; null before.</summary>
    public static JsonElement? Of(HttpContext context) =>
        context.Items.TryGetValue(Key, out object? json) ? (JsonElement?)json : null;

    /// <summary>The error of a request with more bytes than the server reads: 413.</summary>
    public static OpenAIException TooLarge(string message, string? param = null) =>
        new(StatusCodes.Status413PayloadTooLarge, message, OpenAIErrors.InvalidRequest, param, "request_too_large");

    private static void RequireJson(HttpRequest request)
    {
        bool isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));
        if (!isJson)
        {
            throw new OpenAIException(StatusCodes.Status415UnsupportedMediaType,
                $"Content-Type is '{request.ContentType}'; expected 'application/json'.", OpenAIErrors.InvalidRequest);
        }
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            RequireUnicode(body.Span);
            JsonElement json = JsonElement.Parse(body.Span, ReaderOptions);
            return json.ValueKind == JsonValueKind.Object
                ? json
                : throw OpenAIException.Invalid($"The body is {JsonFields.Describe(json)}; expected a JSON object.");
        }
        catch (JsonException exception)
        {
            if (RepeatedField(body.Span) is { } place)
                throw OpenAIException.Invalid($"'{place}' is in the request twice; expected it once.", place, "invalid_json", exception);
            throw OpenAIException.Invalid($"The body is not valid JSON: {exception.Message}", code: "invalid_json", inner: exception);
        }
    }

    /// <summary>The place of the first field that a body has twice; null if it has none, or another fault.</summary>
    private static string? RepeatedField(ReadOnlySpan<byte> body)
    {
        try
        {
            string? place = RepeatedIn(JsonElement.Parse(body, TextOptions));
            return place is null ? null : JsonFields.Shortened(place.TrimStart('.'));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? RepeatedIn(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            HashSet<string> names = [];
            foreach (JsonProperty field in json.EnumerateObject())
            {
                string? rest = names.Add(field.Name) ? RepeatedIn(field.Value) : "";
                if (rest is not null)
                    return $".{field.Name}{rest}";
            }
        }
        else if (json.ValueKind == JsonValueKind.Array)
        {
            int index = 0;
            foreach (JsonElement item in json.EnumerateArray())
            {
                if (RepeatedIn(item) is { } rest)
                    return $"[{index}]{rest}";
                index++;
            }
        }

        return null;
    }

    // An escape such as \ud800 alone is valid JSON, but no text.
    private static void RequireUnicode(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw OpenAIException.Invalid("The body is not valid UTF-8.", code: "invalid_json");
        if (body.IndexOf("\\u"u8) < 0)
            return;
        Utf8JsonReader reader = new(body);
        while (reader.Read())
        {
            if (reader.ValueIsEscaped && !IsText(ref reader))
            {
                throw OpenAIException.Invalid(
                    $"The text at byte {reader.TokenStartIndex} of the body is not valid Unicode: it has half of a surrogate pair.",
                    code: "invalid_json");
            }
        }
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            _ = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static OpenAIException TooLong(long maxBytes) =>
        TooLarge($"The body has more than {maxBytes} bytes, which is the most that this server reads.");
}
