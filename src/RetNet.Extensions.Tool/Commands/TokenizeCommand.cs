using System.CommandLine;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet tokenize</c>: the tokens of a text. Needs only the tokenizer's files.</summary>
internal sealed class TokenizeCommand : ToolCommand
{
    private readonly Option<string?> _text = new("--text") { HelpName = "T", Description = "The text." };
    private readonly Option<string?> _file = new("--file") { HelpName = "F", Description = "A UTF-8 file with the text, taken as it is." };

    public TokenizeCommand(CommonOptions options)
        : base("tokenize", "Shows the tokens of a text.", options)
    {
        Add(_text);
        Add(_file);
    }

    public override void Run(CommandContext context)
    {
        (string? text, string? file) = (context.Parse.GetValue(_text), context.Parse.GetValue(_file));
        if ((text is null) == (file is null))
            throw new CommandException("tokenize needs either --text T or --file F.");
        Tokenizer tokenizer = Tokenizer.Load(context.ModelPath);
        int[] ids = tokenizer.Encode(text ?? TextFile.Read(file!));
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteIntegers("ids", ids);
                json.WriteStartArray("tokens");
                foreach (int id in ids)
                    json.WriteStringValue(tokenizer.TokenText(id));
                json.WriteEndArray();
                json.WriteString("decoded", tokenizer.Decode(ids));
            });
            return;
        }

        foreach (int id in ids)
            context.Console.Text.WriteLine($"{id,8}  {tokenizer.TokenText(id)}");
    }
}
