using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>Values of Microsoft.Extensions.AI as its JSON.</summary>
internal static class Wire
{
    /// <exception cref="NotSupportedException">The value contains an object that cannot be written as JSON.</exception>
    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Type<T>());

    /// <exception cref="InvalidDataException">The bytes are no value of the type.</exception>
    public static T Read<T>(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, Type<T>())
                ?? throw new InvalidDataException($"Found null; expected a {typeof(T).Name} as JSON.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"Found {bytes.Length} bytes that are no {typeof(T).Name} as JSON.", exception);
        }
    }

    private static JsonTypeInfo<T> Type<T>() => (JsonTypeInfo<T>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T));
}
