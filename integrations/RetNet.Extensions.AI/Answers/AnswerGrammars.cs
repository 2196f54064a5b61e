using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.AI.Answers;

/// <summary>The grammars of what requests ask for: a JSON format, or <c>grammar</c>, <c>regex</c> or <c>json_schema</c> among the
/// additional properties. Those used last are kept, because a model keeps what it knows of a grammar with it. Thread-safe.</summary>
internal sealed class AnswerGrammars
{
    private const int Capacity = 128;

    private static readonly JsonElement AnyObject = JsonElement.Parse("""{"type": "object"}""");

    // A small model would write other members without end.
    private static readonly JsonSchemaOptions OnlyNamed = new() { OnlyNamed = true };

    private readonly Lock _gate = new();

    // Least recently used first.
    private readonly List<(string Kind, string Text, Grammar Grammar)> _grammars = [];

    /// <summary>The grammar of a request's answer; null if the answer is free.</summary>
    /// <param name="options">The request's options.</param>
    /// <param name="tokenizer">The tokenizer of the model, always the same.</param>
    /// <exception cref="NotSupportedException">A JSON schema cannot be kept; the message names the keyword and its path.</exception>
    /// <exception cref="ArgumentException">A grammar or regular expression is malformed or not supported, a schema holds no JSON, or there
    /// are several.</exception>
    public Grammar? Find(ChatOptions? options, Tokenizer tokenizer)
    {
        RequestProperties more = new(options?.AdditionalProperties);
        (string Kind, object? Value)[] requested =
        [
            (nameof(options.ResponseFormat), (options?.ResponseFormat as ChatResponseFormatJson) is { } json
                ? json.Schema ?? AnyObject
                : null),
            (RequestProperties.JsonSchemaKey, more.JsonSchema()),
            (RequestProperties.RegexKey, more.Text(RequestProperties.RegexKey)),
            (RequestProperties.GrammarKey, more.Text(RequestProperties.GrammarKey)),
        ];
        requested = [.. requested.Where(entry => entry.Value is not null)];
        if (requested.Length > 1)
        {
            throw new ArgumentException(
                $"{requested[0].Kind} is set beside {requested[1].Kind}; an answer has one grammar. Expected one of them.");
        }

        if (requested is not [(string kind, { } value)])
            return null;
        return value is JsonElement { ValueKind: JsonValueKind.Undefined }
            ? throw new ArgumentException($"{kind} is a default {nameof(JsonElement)}, which holds no JSON; expected a JSON schema.")
            : FindOrCompile(kind, value, tokenizer);
    }

    private Grammar FindOrCompile(string kind, object value, Tokenizer tokenizer)
    {
        string text = value is JsonElement schema ? schema.GetRawText() : (string)value;
        if (Use(kind, text, null) is { } known)
            return known;
        Grammar compiled = Compile(kind, value, tokenizer);
        return Use(kind, text, compiled)!;
    }

    /// <summary>The grammar that is kept, made the last used one; otherwise a new one, if there is any, is kept.</summary>
    private Grammar? Use(string kind, string text, Grammar? compiled)
    {
        lock (_gate)
        {
            int place = _grammars.FindIndex(entry => entry.Kind == kind && entry.Text == text);
            Grammar? grammar = place >= 0 ? _grammars[place].Grammar : compiled;
            if (grammar is null)
                return null;
            if (place >= 0)
                _grammars.RemoveAt(place);
            else if (_grammars.Count == Capacity)
                _grammars.RemoveAt(0);
            _grammars.Add((kind, text, grammar));
            return grammar;
        }
    }

    private static Grammar Compile(string kind, object value, Tokenizer tokenizer)
    {
        try
        {
            return kind switch
            {
                RequestProperties.RegexKey => Grammar.FromRegex((string)value),
                RequestProperties.GrammarKey => Grammar.FromGbnf((string)value, tokenizer),
                _ => Grammar.FromJsonSchema((JsonElement)value, OnlyNamed),
            };
        }
        catch (GrammarException exception) when (value is JsonElement)
        {
            throw new NotSupportedException($"{kind} has a schema that cannot be kept: {exception.Message}", exception);
        }
        catch (GrammarException exception)
        {
            throw new ArgumentException($"AdditionalProperties[\"{kind}\"] cannot be kept: {exception.Message}", exception);
        }
    }
}
