using System.Text.Json;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>A text of a request, or the tokens of one.</summary>
/// <param name="Text">The text; null if there are tokens.</param>
/// <param name="Tokens">The tokens; null if there is a text.</param>
internal readonly record struct Prompt(string? Text, IReadOnlyList<int>? Tokens)
{
    /// <summary>Reads a text, a list of texts, a list of tokens or a list of lists of tokens; null if the field is absent.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="name">The field.</param>
    /// <param name="most">The most texts.</param>
    public static IReadOnlyList<Prompt>? Read(JsonFields fields, string name, int most)
    {
        if (fields.Any(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            return [new Prompt(fields.Text(name), null)];
        if (value.GetArrayLength() == 0)
            throw fields.Invalid(name, "is empty; expected at least one text");
        if (value[0].ValueKind == JsonValueKind.Number)
            return [new Prompt(null, TokensOf(fields, name, value))];
        if (value.GetArrayLength() > most)
            throw fields.Invalid(name, $"has {value.GetArrayLength()} entries; expected at most {most}");
        return [.. value.EnumerateArray().Select((item, index) => item.ValueKind switch
        {
            JsonValueKind.String => new Prompt(item.GetString(), null),
            JsonValueKind.Array => new Prompt(null, TokensOf(fields, $"{name}[{index}]", item)),
            _ => throw fields.Wrong($"{name}[{index}]", item, "a text or a list of tokens"),
        })];
    }

    /// <summary>The text, by the model's tokenizer if there are tokens.</summary>
    /// <exception cref="OpenAIException">The model has no tokenizer here, or no such token.</exception>
    /// <param name="model">The model that reads it; null if it is none of ours.</param>
    /// <param name="id">Its name.</param>
    /// <param name="name">The field.</param>
    /// <param name="cancellationToken">Cancels the waiting for the model.</param>
    public async ValueTask<string> TextForAsync(SharedModel? model, string id, string name, CancellationToken cancellationToken)
    {
        if (Text is not null)
            return Text;
        if (model is null)
            throw OpenAIException.Invalid($"'{name}' has tokens, but the tokenizer of '{id}' is not here; expected texts.", name);
        Core.TextModel loaded = (await model.GetAsync(cancellationToken).ConfigureAwait(false)).TextModel;
        int vocabulary = loaded.Info.VocabularySize;
        foreach (int token in Tokens!)
        {
            if (token >= vocabulary)
            {
                throw OpenAIException.Invalid(
                    $"'{name}' has the token {token}; expected tokens of '{id}', 0 to {vocabulary - 1}.", name, "invalid_value");
            }
        }

        return loaded.Tokenizer.Decode([.. Tokens], skipSpecialTokens: false);
    }

    private static List<int> TokensOf(JsonFields fields, string name, JsonElement list)
    {
        List<int> tokens = new(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            tokens.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int token) && token >= 0
                ? token
                : throw fields.Wrong($"{name}[{tokens.Count}]", item, "a token (an integer from 0 on)"));
        }

        return tokens.Count > 0 ? tokens : throw fields.Invalid(name, "is empty; expected at least one token");
    }
}
