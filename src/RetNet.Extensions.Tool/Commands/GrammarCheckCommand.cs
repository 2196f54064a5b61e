using System.CommandLine;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Tool.Grammars;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet grammar check</c>: how the grammars of JSON schemas judge instances, and how fast.</summary>
internal sealed class GrammarCheckCommand : ToolCommand
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "JSON lines: \"name\", \"schema\", and \"tests\" of which each has \"data\" and whether it is \"valid\"; or a "
            + "list of such objects in a .json file, with \"description\" instead of \"name\", as JSON-Schema-Test-Suite has them.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _model = new("--model")
    {
        HelpName = "MODEL",
        Description = "Feed the tokens of this model's tokenizer, of which only the files are read. Default: bytes.",
    };

    public GrammarCheckCommand()
        : base("check", "Judges instances by JSON schemas, token by token, and counts the schemas that judge all of theirs rightly.")
    {
        Add(_files);
        Add(_model);
    }

    public override void Run(CommandContext context)
    {
        Tokenizer? tokenizer = context.Parse.GetValue(_model) is { } model ? Tokenizer.Load(model) : null;
        GrammarCheck check = new(tokenizer is null ? TokenTrie.SingleBytes : new TokenTrie(tokenizer), tokenizer);
        foreach (string file in context.Parse.GetValue(_files)!)
        {
            if (Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase))
                check.AddSuite(TextFile.Read(file), file);
            else
                AddLines(check, file, context.Cancellation);
        }

        if (context.Json)
            context.WriteJson(check.Write);
        else
            context.WriteFacts(check.Facts());
    }

    private static void AddLines(GrammarCheck check, string file, CancellationToken cancellation)
    {
        int number = 0;
        foreach (string line in TextFile.ReadLines(file))
        {
            cancellation.ThrowIfCancellationRequested();
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                check.Add(line, $"{file}, line {number}");
        }
    }
}
