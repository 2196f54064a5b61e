using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Schemas;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.AI.Answers;

/// <summary>The grammars of what requests ask for: a JSON format, or <c>grammar</c>, <c>regex</c> or <c>json_schema</c> among the
/// additional properties. Those used last are kept, because a model keeps what it knows of a grammar with it. Thread-safe.</summary>
internal sealed class AnswerGrammars
{
    private static readonly JsonElement AnyObject = JsonElement.Parse("""{"type": "object"}""");

    // A small model would write other members without end.
    private static readonly JsonSchemaOptions OnlyNamed = new() { OnlyNamed = true };

    private readonly GrammarCache<Grammar> _grammars = new(grammar => grammar);

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
            : _grammars.GetOrAdd(
                $"{kind}\n{(value is JsonElement schema ? schema.GetRawText() : value)}", () => Compile(kind, value, tokenizer));
    }

    private static Grammar Compile(string kind, object value, Tokenizer tokenizer)
    {
        try
        {
            return kind switch
            {
                RequestProperties.RegexKey => Grammar.FromRegex((string)value),
                RequestProperties.GrammarKey => Grammar.FromGbnf((string)value, tokenizer),
                _ => Grammar.FromJsonSchema(MarkedTypes.Narrow((JsonElement)value), OnlyNamed),
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
