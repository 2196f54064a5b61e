using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Answers;

/// <summary>Objects that travel to a client as options, which middleware copies.</summary>
/// <remarks>The option's value is a text, so that whatever writes options as JSON, such as a cache for its keys, can, and finds the same in
/// every request; the object is found by the text's identity.</remarks>
internal static class OptionObjects
{
    private static readonly ConditionalWeakTable<string, object> Objects = [];

    /// <summary>Puts an object into options.</summary>
    public static void Set(ChatOptions options, string key, object value)
    {
        string mark = new(key.AsSpan());
        Objects.Add(mark, value);
        (options.AdditionalProperties ??= [])[key] = mark;
    }

    /// <summary>The object in options, or in those that they are a copy of; null if there is none.</summary>
    public static T? Find<T>(ChatOptions? options, string key)
        where T : class =>
        options?.AdditionalProperties?.GetValueOrDefault(key) is string mark && Objects.TryGetValue(mark, out object? value)
            ? value as T
            : null;
}
