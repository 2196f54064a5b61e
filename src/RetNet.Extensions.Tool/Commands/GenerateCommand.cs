using System.CommandLine;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet generate</c>: continues a prompt.</summary>
internal sealed class GenerateCommand : ToolCommand
{
    private readonly Option<string?> _prompt = new("--prompt")
    {
        HelpName = "P",
        Description = "The text to continue, encoded as retnet tokenize shows.",
        Required = true
    };
    private readonly Option<bool> _chat =
        new("--chat") { Description = "Treat the prompt as a user's message: put it into the model's chat template." };
    private readonly GrammarArguments _grammar = new();
    private readonly GenerationArguments _generation = new();

    public GenerateCommand(CommonOptions options)
        : base("generate", "Continues a prompt.", options)
    {
        Add(_prompt);
        Add(_chat);
        _grammar.AddTo(this);
        _generation.AddTo(this);
    }

    public override void Run(CommandContext context)
    {
        string prompt = context.Parse.GetRequiredValue(_prompt)!;
        using TextModel model = context.LoadTextModel();
        Grammar? grammar = _grammar.Read(context.Parse, model.Tokenizer);
        int[] tokens = context.Parse.GetValue(_chat)
            ? model.Chat.Encode([new ChatTemplateMessage("user", prompt)])
            : model.Tokenizer.Encode(prompt);
        GenerationOptions options = _generation.Read(context.Parse, model.DefaultOptions, context.StateOptions) with { Grammar = grammar };
        Answer answer = Answer.Generate(
            model.CreateGenerator(), new GenerationRequest(tokens, options), context.Json
                ? null
                : context.Console.Text, context.Cancellation);
        context.WarnOfLength(model.Info, tokens.Length + answer.Tokens.Count);
        if (context.Json)
        {
            context.WriteJson(answer.WriteTo);
            return;
        }

        context.Console.Text.WriteLine();
        context.Console.Error.WriteLine($"[{answer}]");
    }
}
