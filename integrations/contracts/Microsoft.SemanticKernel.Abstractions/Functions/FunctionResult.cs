using System.ComponentModel;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel;

public sealed class FunctionResult
{
    public FunctionResult(
        KernelFunction function, object? value = null, CultureInfo? culture = null, IReadOnlyDictionary<string, object?>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        Function = function;
        Value = value;
        Culture = culture ?? CultureInfo.InvariantCulture;
        Metadata = metadata;
    }

    public KernelFunction Function { get; init; }

    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }

    public CultureInfo Culture { get; init; }

    public Type? ValueType => Value?.GetType();

    public string? RenderedPrompt { get; internal set; }

    internal object? Value { get; }

    public T? GetValue<T>() => Value switch
    {
        null => default,
        T value => value,
        KernelContent content when typeof(T) == typeof(string) => (T)(object)content.ToString()!,
        KernelContent { InnerContent: T inner } => inner,
        ChatResponse { Messages: [.., var last] } when typeof(T) == typeof(string) => (T)(object)last.ToString(),
        ChatResponse { Messages: [.., T last] } => last,
        ChatResponse { Messages: [.., var last] } when typeof(T).IsAssignableFrom(typeof(ChatMessageContent)) => (T)(object)last.ToChatMessageContent(null),
        _ => throw new InvalidCastException($"Cannot cast {Value.GetType()} to {typeof(T)}"),
    };

    public override string ToString() => ConvertToString(Value, Culture) ?? string.Empty;

    internal static string? ConvertToString(object? value, CultureInfo culture) => value switch
    {
        null => null,
        string text => text,
        _ => TypeDescriptor.GetConverter(value).ConvertToString(null, culture, value),
    };
}
