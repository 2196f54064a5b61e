using System.CommandLine;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary><c>papers</c>: the tables of the RetNet and TOVA papers on models that <c>retnet train</c> made.</summary>
internal sealed class PapersCommand : Command
{
    private readonly Argument<string> _out = new("OUT") { Description = "The folder that is written." };
    private readonly Argument<string> _model = new("MODEL") { Description = "A folder that retnet train wrote." };
    private readonly Argument<string[]> _models =
        new("MODELS") { Description = "Folders that retnet train wrote.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _texts =
        new("--texts") { Description = "Files of text, or folders.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _windows = new("--windows") { Description = "Stretches of text.", DefaultValueFactory = _ => 16 };
    private readonly Option<int[]> _rows = new("--rows")
    {
        Description = "k.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [256],
    };

    private readonly Option<string?> _plot = new("--plot") { Description = "An SVG file to draw the curves in." };

    public PapersCommand()
        : base("papers", "The tables of the RetNet and TOVA papers, from data to figure.")
    {
        Add(Books());
        Add(RecallTexts());
        Add(Perplexity());
        Add(Kept());
        Add(Positions());
        Add(Recall());
        Add(Chapters());
        Add(Losses());
    }

    private Command Books()
    {
        Argument<string> texts =
            new("TEXTS") { Description = "A folder with war-and-peace.txt, middlemarch.txt, moby-dick.txt, state-of-the-union.txt.gz." };
        Command command = new("books", "Divides long texts into those to train on and those that are held out.") { texts, _out };
        command.SetAction(parse => BooksData.Write(parse.GetRequiredValue(texts), parse.GetRequiredValue(_out)));
        return command;
    }

    private Command RecallTexts()
    {
        Option<int> documents = new("--documents") { Description = "How many.", DefaultValueFactory = _ => 40_000 };
        Command command = new("recall-data", "Writes texts that need exact memory: OUT/train.txt and OUT/tokenizer.") { _out, documents };
        command.SetAction(parse => RecallData.Write(parse.GetRequiredValue(_out), parse.GetValue(documents)));
        return command;
    }

    private Command Perplexity()
    {
        Option<int> length = new("--length") { Description = "Tokens of a window.", DefaultValueFactory = _ => 2048 };
        Option<int> scored = new("--scored") { Description = "Its last tokens, which are scored.", DefaultValueFactory = _ => 512 };
        Option<int> piece = new("--piece") { Description = "Tokens of a piece.", DefaultValueFactory = _ => 256 };
        Command command = new("perplexity", "Perplexity of a Transformer against the rows that each policy keeps.")
        {
            _model, _texts, _windows, length, scored, piece, _plot,
        };
        command.SetAction(parse =>
        {
            using TextModel model = TextModel.Load(parse.GetRequiredValue(_model));
            int[][] windows = TextWindows.Read(model, parse.GetRequiredValue(_texts), parse.GetValue(length) + 1, parse.GetValue(_windows));
            PolicyPerplexity table = new(model, windows, parse.GetValue(scored));
            table.Measure(parse.GetValue(piece));
            Plot(parse, "Held-out text by the rows that a policy keeps", "rows", "perplexity", table.Curves);
        });
        return command;
    }

    private Command Kept()
    {
        Option<int> length = new("--length") { Description = "Tokens of a window.", DefaultValueFactory = _ => 2048 };
        Option<string> policy = new("--policy") { Description = "tova or h2o.", DefaultValueFactory = _ => MultiStatePolicies.Tova };
        Command command = new("kept", "Which tokens a policy keeps, by layer.") { _model, _texts, _windows, _rows, length, policy };
        command.SetAction(parse =>
        {
            using TextModel model = TextModel.Load(parse.GetRequiredValue(_model));
            int[][] windows = TextWindows.Read(model, parse.GetRequiredValue(_texts), parse.GetValue(length), parse.GetValue(_windows));
            new KeptTokens(model, windows, new PolicyRows(parse.GetValue(policy)!, parse.GetValue(_rows)![0])).Measure();
        });
        return command;
    }

    private Command Positions()
    {
        Option<int> length = new("--length") { Description = "Tokens of a window.", DefaultValueFactory = _ => 32_768 };
        Option<int> piece = new("--piece") { Description = "Tokens that are read at once.", DefaultValueFactory = _ => 256 };
        Command command = new("positions", "Loss by position, within the trained length and past it.")
        {
            _models, _texts, _windows, _rows, length, piece, _plot,
        };
        command.SetAction(parse =>
        {
            PositionLoss? table = null;
            foreach (string path in parse.GetRequiredValue(_models))
            {
                using TextModel model = TextModel.Load(path);
                table ??= new(TextWindows.Read(model, parse.GetRequiredValue(_texts), parse.GetValue(length) + 1, parse.GetValue(_windows)),
                    parse.GetValue(piece));
                foreach (PolicyRows policy in Policies(model, parse, MultiStatePolicies.Window, MultiStatePolicies.Tova))
                    table.Measure(model, Row(path, policy), policy);
            }

            Plot(parse, "Held-out text by position", "tokens", "nats per token", table!.Curves);
        });
        return command;
    }

    private Command Recall()
    {
        Option<int> questions = new("--questions") { Description = "Of each kind and distance.", DefaultValueFactory = _ => 200 };
        Option<bool> halfway = new("--halfway") { Description = "Also policies that are half TOVA and half H2O." };
        Command command = new("recall", "How often models answer rightly, against the distance to what is asked for.")
        {
            _models, _rows, questions, halfway, _plot,
        };
        command.SetAction(parse =>
        {
            RecallAccuracy table = new(parse.GetValue(questions));
            string[] policies = parse.GetValue(halfway)
                ? [.. PolicyRows.Bounded, HalfwayPolicy.SafeTova, HalfwayPolicy.BareH2O]
                : [.. PolicyRows.Bounded];
            foreach (string path in parse.GetRequiredValue(_models))
            {
                using TextModel model = TextModel.Load(path);
                foreach (PolicyRows policy in Policies(model, parse, policies))
                    table.Measure(model, Row(path, policy), policy);
            }

            Plot(parse, "Pairs that are remembered", "tokens between a pair and the question", "right answers, %", table.Curves);
        });
        return command;
    }

    private Command Chapters()
    {
        Option<int> perBook = new("--per-book") { Description = "Chapters of a book.", DefaultValueFactory = _ => 40 };
        Command command = new("chapters", "Sorts whole chapters by book in an ML.NET pipeline.") { _models, _texts, _rows, perBook };
        command.SetAction(parse =>
        {
            ChapterClassification table = new(Chapter.Read(parse.GetRequiredValue(_texts), parse.GetValue(perBook)));
            foreach (string path in parse.GetRequiredValue(_models))
            {
                using TextModel model = TextModel.Load(path);
                foreach (PolicyRows policy in Policies(model, parse, MultiStatePolicies.Window, MultiStatePolicies.Tova))
                    table.Measure(path, Row(path, policy), policy);
            }
        });
        return command;
    }

    private Command Losses()
    {
        Command command = new("losses", "Validation losses of trainings, from their loss.csv.") { _models, _plot };
        command.SetAction(parse =>
            Plot(parse, "Validation loss", "step", "nats per token", LossCurves.Read(parse.GetRequiredValue(_models))));
        return command;
    }

    private void Plot(ParseResult parse, string title, string x, string y, IReadOnlyList<Curve> curves)
    {
        if (parse.GetValue(_plot) is { } path)
            LinePlot.Write(path, title, x, y, curves);
    }

    private static string Row(string path, PolicyRows policy) =>
        $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(path))}, {policy}";

    /// <summary>The full cache, and each policy with each k; for a RetNet its only state.</summary>
    private IEnumerable<PolicyRows> Policies(TextModel model, ParseResult parse, params string[] policies) =>
        model.Info.HasConstantState
            ? [PolicyRows.Full]
            : [PolicyRows.Full, .. parse.GetValue(_rows)!.SelectMany(rows => policies.Select(policy => new PolicyRows(policy, rows)))];
}
