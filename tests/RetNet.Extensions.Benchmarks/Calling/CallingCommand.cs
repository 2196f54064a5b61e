using System.CommandLine;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary><c>calling</c>: the data of small models that call functions, and what such a model can do.</summary>
internal sealed class CallingCommand : Command
{
    private readonly Argument<string> _dialogues = new("DIALOGUES") { Description = "A file of dialogues." };
    private readonly Argument<string> _model = new("MODEL") { Description = "A folder that retnet train wrote." };
    private readonly Argument<string> _out = new("OUT") { Description = "The folder that is written." };
    private readonly Option<int> _vocabulary = new("--vocab")
    {
        Description = "Tokens of the vocabulary.",
        DefaultValueFactory = _ => 1024
    };

    private readonly Option<int> _count = new("--conversations") { Description = "How many.", DefaultValueFactory = _ => 40_000 };

    private readonly Option<int> _requests = new("--requests") { Description = "Requests of a row.", DefaultValueFactory = _ => 200 };
    private readonly Option<string> _policy = new("--policy") { Description = "As for retnet chat.", DefaultValueFactory = _ => "" };
    private readonly Option<string> _rows = new("--state") { Description = "As for retnet chat.", DefaultValueFactory = _ => "128" };

    public CallingCommand()
        : base("calling", "Writes the data of small models that call functions, and measures them.")
    {
        Command byHeart = new("by-heart", "Writes data to learn dialogues by heart: OUT/train.txt and OUT/tokenizer.")
        {
            _dialogues, _out, _vocabulary,
        };
        byHeart.SetAction(parse => CallingModel.WriteData(
            parse.GetRequiredValue(_out), DialogueFile.Read(parse.GetRequiredValue(_dialogues)), parse.GetValue(_vocabulary)));
        Command data = new("data", "Writes data of many functions: OUT/train.txt and OUT/tokenizer.") { _out, _count, _vocabulary };
        data.SetAction(parse => CallingModel.WriteData(
            parse.GetRequiredValue(_out),
            [.. new ConversationWriter(seed: 1).Write(parse.GetValue(_count), FunctionKind.Read("functions.txt"))],
            parse.GetValue(_vocabulary)));
        Command pack = new("pack", "Writes a trained model in bfloat16.") { _model, _out };
        pack.SetAction(parse => CallingModel.Pack(parse.GetRequiredValue(_model), parse.GetRequiredValue(_out)));
        Command evaluate = new("evaluate", "Counts right calls for functions that were trained and for functions that were not.")
        {
            _model, _requests, _policy, _rows,
        };
        evaluate.SetAction(async parse =>
        {
            using TextModel model = TextModel.Load(parse.GetRequiredValue(_model));
            await new Evaluation(model, parse.GetValue(_policy)!, parse.GetValue(_rows)!).RunAsync(parse.GetValue(_requests), Console.Out);
        });
        Add(evaluate);
        Add(byHeart);
        Add(data);
        Add(pack);
    }
}
