using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>The grammar of calls in one form.</summary>
/// <param name="shape">The form.</param>
/// <param name="controlTokens">The texts of the control tokens in it.</param>
/// <param name="functions">The functions that were offered.</param>
internal sealed class CallGrammar(CallShape shape, IReadOnlyCollection<string> controlTokens, OfferedFunctions functions)
{
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
        if (_form.Headers.Count > 0)
            return Grammar.Choice([.. names.Select(name => Grammar.Sequence(Header(name), Arguments(name, strict)))]);
        Grammar call = Grammar.Choice([.. names.Select(name => Call(name, strict))]);
        Grammar first = Grammar.Sequence(Literal((_form.Open + _form.Before)[skip..]), call);
        Grammar close = Literal(_form.Close);
        if (!several || _form.Between is null)
            return Grammar.Sequence(first, close);
        Grammar next = Grammar.Sequence(Literal(_form.Between + _form.Before), call);
        return Grammar.Sequence(first, Grammar.Repeat(next, 0), close);
    }

    private Grammar Header(string name) =>
        Grammar.Choice([.. _form.Headers.Select(header => Literal(header.Before + name + header.Middle))]);

    // From the name on.
    private Grammar Call(string name, bool strict)
    {
        string written = shape.IsObject ? CallJson.Text(CallJson.Quote(name))[1..^1] : name;
        Grammar whole = Grammar.Sequence(Literal(_form.Middle), Arguments(name, strict));
        bool hasNone = _form.NoArguments is not null && functions.TakesNothing(name);
        return Grammar.Sequence(Literal(written), hasNone ? Literal(_form.NoArguments!) : whole, Literal(_form.After));
    }

    private Grammar Arguments(string name, bool strict)
    {
        try
        {
            return Arguments(functions.Schema(name));
        }
        catch (GrammarException failure)
        {
            string problem = $"The schema of function '{name}' cannot be kept: {failure.Message}";
            if (strict)
                throw new NotSupportedException(problem, failure);
            Unconstrained.Add(problem);
            return _form.Parameters is null
                ? Grammar.FromJsonSchema(OfferedFunctions.AnyObject)
                : new ParameterGrammar(_form.Parameters, Literal).AnyOf(functions.Schema(name));
        }
    }

    private Grammar Arguments(SchemaNode schema) => _form.Parameters is { } parameters
        ? new ParameterGrammar(parameters, Literal).Of(schema)
        : Grammar.FromJsonSchema(JsonElement.Parse(schema.RawText), OnlyNamed);

    private Grammar Literal(string text) => ControlText.Literal(text, controlTokens);
}
