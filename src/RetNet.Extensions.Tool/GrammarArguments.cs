using System.CommandLine;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool;

/// <summary>The options that say what a text must be; one of them at most.</summary>
internal sealed class GrammarArguments
{
    private readonly Option<string?> _schema = new("--json-schema") { HelpName = "FILE", Description = "The text is JSON of this schema." };
    private readonly Option<string?> _grammar =
        new("--grammar") { HelpName = "FILE", Description = "The text is one of this grammar, in the notation of llama.cpp (GBNF)." };
    private readonly Option<string?> _regex =
        new("--regex") { HelpName = "R", Description = "The whole text matches this regular expression, as JavaScript writes it." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_schema, _grammar, _regex])
            command.Add(option);
    }

    /// <summary>The grammar, which may name tokens of the model; null if the text is free.</summary>
    /// <exception cref="CommandException">There are several, or one cannot be kept.</exception>
    public Grammar? Read(ParseResult parse, Tokenizer tokenizer)
    {
        (string? schema, string? grammar, string? regex) = (parse.GetValue(_schema), parse.GetValue(_grammar), parse.GetValue(_regex));
        if (new[] { schema, grammar, regex }.Count(value => value is not null) > 1)
            throw new CommandException("--json-schema, --grammar and --regex exclude each other; expected one of them.");
        string source = schema ?? grammar ?? "--regex";
        try
        {
            return schema is not null ? Grammar.FromJsonSchema(JsonElement.Parse(TextFile.Read(schema)))
                : grammar is not null ? Grammar.FromGbnf(TextFile.Read(grammar), tokenizer)
                : regex is not null ? Grammar.FromRegex(regex)
                : null;
        }
        catch (Exception exception) when (exception is GrammarException or JsonException)
        {
            throw new CommandException($"{source}: {exception.Message}");
        }
    }
}
