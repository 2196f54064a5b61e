using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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

    /// <summary>JSON that is read may be nested less deep than what is written around it: conversations, calls and descriptions of
    /// tools.</summary>
    public static readonly JsonDocumentOptions ReaderOptions = new() { MaxDepth = 48 };

    private const int FirstBuffer = 4096;

    /// <summary>Reads the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">The most bytes that the body may have.</param>
    /// <exception cref="OpenAIException">The body is not one, or too long.</exception>
    public static async Task<JsonFields> ReadAsync(HttpRequest request, long maxBytes)
    {
        RequireJson(request);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = maxBytes;
        ArrayBufferWriter<byte> body = new(request.ContentLength is { } length and > 0 && length <= maxBytes
            ? (int)Math.Min(length + 1, Array.MaxLength)
            : FirstBuffer);
        while (true)
        {
            int read = await request.Body.ReadAsync(body.GetMemory(1), request.HttpContext.RequestAborted).ConfigureAwait(false);
            if (read == 0)
                return new JsonFields(Parse(body.WrittenMemory), "");
            body.Advance(read);
            if (body.WrittenCount > maxBytes)
                throw TooLong(maxBytes);
        }
    }

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
            throw OpenAIException.Invalid($"The body is not valid JSON: {exception.Message}", code: "invalid_json", inner: exception);
        }
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

    private static OpenAIException TooLong(long maxBytes) => new(StatusCodes.Status413PayloadTooLarge,
        $"The body has more than {maxBytes} bytes, which is the most that this server reads.", OpenAIErrors.InvalidRequest,
        code: "request_too_large");
}
