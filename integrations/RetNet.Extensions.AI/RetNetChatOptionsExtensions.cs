using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.AI;

/// <summary>What an answer is, beside <see cref="ChatOptions.ResponseFormat"/>, and what several requests share. The properties are kept
/// among the <see cref="ChatOptions.AdditionalProperties"/>; at most one of them and a JSON format is set.</summary>
public static class RetNetChatOptionsExtensions
{
    /// <param name="options">The options of a request.</param>
    extension(ChatOptions options)
    {
        /// <summary>Rules in the notation of llama.cpp (GBNF), beginning with <c>root</c>; null for none. Kept as <c>grammar</c>.</summary>
        public string? Grammar
        {
            get => Read(options).Text(RequestProperties.GrammarKey);
            set => Set(options, RequestProperties.GrammarKey, value);
        }

        /// <summary>A regular expression of ECMA-262 that matches the answer from start to end; null for none. Kept as
        /// <c>regex</c>.</summary>
        public string? Regex
        {
            get => Read(options).Text(RequestProperties.RegexKey);
            set => Set(options, RequestProperties.RegexKey, value);
        }

        /// <summary>A JSON schema; null for none. Kept as <c>json_schema</c>. Unlike that of a
        /// <see cref="ChatResponseFormatJson"/> it is not part of what other clients understand.</summary>
        /// <exception cref="ArgumentException">What is kept is no JSON.</exception>
        public JsonElement? JsonSchema
        {
            get => Read(options).JsonSchema();
            set => Set(options, RequestProperties.JsonSchemaKey, value);
        }

        /// <summary>Lets requests with these options, or with clones of them, have their prompt in common: a
        /// <see cref="RetNetChatClient"/> turns the same message objects, which must not change meanwhile, with the same instructions,
        /// functions and effort into tokens once. For several answers to one prompt.</summary>
        public void SharePrompt()
        {
            ArgumentNullException.ThrowIfNull(options);
            OptionObjects.Set(options, RequestProperties.PromptKey, new SharedPrompt());
        }

        /// <summary>Lets requests with these options, or with clones of them, that <c>refuse_when_busy</c> take the places that were found
        /// for all of them together.</summary>
        /// <param name="places">The places; they stay the caller's.</param>
        public void UsePlaces(SchedulerPlaces places)
        {
            ArgumentNullException.ThrowIfNull(options);
            ArgumentNullException.ThrowIfNull(places);
            OptionObjects.Set(options, RequestProperties.PlacesKey, places);
        }
    }

    private static RequestProperties Read(ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new RequestProperties(options.AdditionalProperties);
    }

    private static void Set(ChatOptions options, string key, object? value)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (value is null)
            options.AdditionalProperties?.Remove(key);
        else
            (options.AdditionalProperties ??= [])[key] = value;
    }
}
