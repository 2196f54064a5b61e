using System.CommandLine;
using System.Diagnostics;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;
using Spectre.Console;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet perplexity</c>: how well a model predicts a text.</summary>
internal sealed class PerplexityCommand : ToolCommand
{
    private readonly Option<string?> _file = new("--text-file")
    {
        HelpName = "F",
        Description = "A UTF-8 file with the text.",
        Required = true
    };

    private readonly Option<int?> _context = OptionKinds.Integer(
        "--context", "N", "Cut the text into windows of N tokens, start token included, each with a new state. Default: one state for the "
            + "whole text.", 2);

    private readonly Option<int?> _chunk = OptionKinds.Integer(
        "--chunk", "C", "Tokens after which a bounded policy drops rows, again and again: with 1, a token attends to at most K + 1 rows. "
            + $"Default: as of a prompt, {StateOptions.DefaultPromptChunk} in a text of more than {StateOptions.WholePromptLimit} tokens; "
            + "a shorter one is read as if there were no policy.", 1, StateOptions.WholePromptLimit);

    private readonly Option<int?> _maxTokens = OptionKinds.Integer("--max-tokens", "N", "Score only the first N tokens.", 1);

    public PerplexityCommand(CommonOptions options)
        : base("perplexity", "Measures how well a model predicts a text.", options)
    {
        Add(_file);
        Add(_context);
        Add(_chunk);
        Add(_maxTokens);
    }

    public override void Run(CommandContext context)
    {
        string file = context.Parse.GetRequiredValue(_file)!;
        string text = TextFile.Read(file);
        using TextModel model = context.LoadTextModel();
        int[] tokens = model.Tokenizer.Encode(text, addSpecialTokens: false);
        int? start = model.BeginningOfSequenceId;
        if (context.Parse.GetValue(_maxTokens) is { } most && most < tokens.Length)
            tokens = tokens[..most];
        if (tokens.Length < (start is null ? 2 : 1))
            throw new CommandException($"{file} has {tokens.Length} tokens; expected more, because none is left to predict.");

        StateOptions options = context.StateOptions with { PromptChunk = context.Parse.GetValue(_chunk) };
        PerplexityMeter meter = new(model.Model, options, start, context.Parse.GetValue(_context));
        Stopwatch watch = Stopwatch.StartNew();
        (double sum, long scored) = Score(context, meter, tokens);
        double rate = scored / watch.Elapsed.TotalSeconds;
        if (!double.IsFinite(sum))
            throw new CommandException($"The model's loss on {file} is {sum}; its weights or the input are out of range.");

        double nats = sum / scored;
        double perplexity = Math.Min(Math.Exp(nats), double.MaxValue);
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteNumber("perplexity", perplexity);
                json.WriteNumber("tokens", scored);
                json.WriteNumber("nats_per_token", nats);
                json.WriteNumber("tokens_per_second", rate);
            });
            return;
        }

        context.WriteFacts([("Perplexity", $"{perplexity:F4}"), ("Tokens", $"{scored:N0}"), ("Nats per token", $"{nats:F6}"),
            ("Tokens per second", $"{rate:N0}")]);
    }

    private static (double Nats, long Tokens) Score(CommandContext context, PerplexityMeter meter, int[] tokens)
    {
        if (!context.Console.ErrorIsTerminal)
            return meter.Score(tokens, _ => { }, context.Cancellation);
        return context.Console.FormattedError().Progress().AutoClear(true).Start(progress =>
        {
            ProgressTask bar = progress.AddTask("tokens", maxValue: tokens.Length);
            return meter.Score(tokens, read => bar.Increment(read), context.Cancellation);
        });
    }
}
