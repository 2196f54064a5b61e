using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>The grammar of calls in one form.</summary>
/// <param name="shape">The form.</param>
/// <param name="controlTokens">The texts of the control tokens in it.</param>
/// <param name="functions">The functions that were offered.</param>
internal sealed class CallGrammar(CallShape shape, IReadOnlyCollection<string> controlTokens, OfferedFunctions functions)
{
    private static readonly Grammar Id = Grammar.FromRegex("[A-Za-z0-9]{9}");

    /// <summary>A function takes the arguments that its schema names; JSON Schema allows others unless it is told not to.</summary>
    public static readonly JsonSchemaOptions OnlyNamed = new() { OnlyNamed = true };

    private readonly CallForm _form = shape.Form;

    /// <summary>The functions whose schema could not be kept, with the reason.</summary>
    public List<string> Unconstrained { get; } = [];

    /// <summary>One or more calls.</summary>
    /// <param name="names">The functions that may be called.</param>
    /// <param name="skip">The number of first characters that are already written.</param>
    /// <param name="several">Whether there may be more than one call.</param>
    /// <param name="strict">Whether a schema that cannot be kept is an error; otherwise any object takes its place.</param>
    /// <exception cref="NotSupportedException">A schema cannot be kept; the message names function, keyword and place.</exception>
    public Grammar Calls(IReadOnlyCollection<string> names, int skip, bool several, bool strict)
    {
        Grammar call = Grammar.Choice([.. names.Select(name => Call(name, strict))]);
        Grammar first = Grammar.Sequence(Literal((_form.Open + _form.Before)[skip..]), call);
        Grammar close = Literal(_form.Close);
        if (!several || _form.Between is null)
            return Grammar.Sequence(first, close);
        Grammar next = Grammar.Sequence(Literal(_form.Between + _form.Before), call);
        return Grammar.Sequence(first, Grammar.Repeat(next, 0), close);
    }

    // From the name on.
    private Grammar Call(string name, bool strict)
    {
        string written = shape.IsObject ? CallJson.Text(CallJson.Quote(name))[1..^1] : name;
        Grammar arguments;
        try
        {
            arguments = Arguments(functions.Schema(name));
        }
        catch (GrammarException failure)
        {
            string problem = $"The schema of function '{name}' cannot be kept: {failure.Message}";
            if (strict)
                throw new NotSupportedException(problem, failure);
            Unconstrained.Add(problem);
            arguments = _form.Parameters is null
                ? Grammar.FromJsonSchema(OfferedFunctions.AnyObject)
                : new ParameterGrammar(_form.Parameters, Literal).AnyOf(functions.Schema(name));
        }

        Grammar whole = Grammar.Sequence(Literal(_form.Middle), arguments);
        bool hasNone = _form.NoArguments is not null && functions.TakesNothing(name);
        return Grammar.Sequence(Literal(written), hasNone ? Literal(_form.NoArguments!) : whole, Literal(_form.After));
    }

    private Grammar Arguments(SchemaNode schema) => _form.Parameters is { } parameters
        ? new ParameterGrammar(parameters, Literal).Of(schema)
        : Grammar.FromJsonSchema(JsonElement.Parse(schema.RawText), OnlyNamed);

    /// <summary>A text of the form: control tokens are themselves, and an id is any.</summary>
    private Grammar Literal(string text)
    {
        List<Grammar> parts = [];
        int done = 0;
        while (done < text.Length)
        {
            int place = text.IndexOf(CallForm.IdPlace, done);
            if (place == done)
            {
                parts.Add(Id);
                done++;
                continue;
            }

            string? token = controlTokens.FirstOrDefault(token => text.AsSpan(done).StartsWith(token, StringComparison.Ordinal));
            if (token is not null)
            {
                parts.Add(Bytes([TokenBytes.ControlMark, .. Encoding.UTF8.GetBytes(token)]));
                done += token.Length;
                continue;
            }

            int end = controlTokens.Select(token => text.IndexOf(token, done, StringComparison.Ordinal)).Append(place)
                .Where(found => found >= 0).DefaultIfEmpty(text.Length).Min();
            parts.Add(Grammar.Literal(text[done..end]));
            done = end;
        }

        return parts.Count == 1 ? parts[0] : Grammar.Sequence([.. parts]);
    }

    private static Grammar Bytes(byte[] bytes)
    {
        ExpressionPool pool = new();
        return Grammar.Of(new Terminal(pool, pool.Literal(bytes)));
    }
}
