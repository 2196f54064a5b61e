using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet logits</c>: the logits after every token, and which positions a policy kept after every step. Needs no
/// tokenizer.</summary>
internal sealed class LogitsCommand : ToolCommand
{
    private readonly Option<int[]?> _tokens = OptionKinds.Parsed<int[]?>(
        "--tokens", "1,2,3", "The token ids.", "token ids separated by commas, such as 1,2,3", ParseTokens);

    private readonly Option<string?> _form = OptionKinds.Choice(
        "--form", "RetNet: recurrent feeds one token at a time, parallel and chunkwise all at once. Default: all at once, computed as the "
            + "recurrence gives it.",
        "parallel", "recurrent", "chunkwise");

    private readonly Option<int?> _chunk = OptionKinds.Integer(
        "--chunk", "C", "RetNet: tokens per chunk of the chunkwise form. Transformer: tokens that are fed before the policy cuts. "
            + "Default: the whole input.", 1);

    private readonly Option<int?> _prefill = OptionKinds.Integer(
        "--prefill", "N", "Feed the first N tokens at once, as one step, and the rest one by one. Default: all at once.", 1);

    private readonly Option<bool> _kept =
        new("--kept") { Description = "List the positions that each layer holds after each step; empty lists for a RetNet." };

    public LogitsCommand(CommonOptions options)
        : base("logits", "Computes the logits after every token.", options)
    {
        _tokens.Required = true;
        Add(_tokens);
        Add(_form);
        Add(_chunk);
        Add(_prefill);
        Add(_kept);
    }

    public override void Run(CommandContext context)
    {
        int[] tokens = context.Parse.GetRequiredValue(_tokens)!;
        using LanguageModel model = context.LoadModel();
        using SequenceState state = model.CreateState(StateOptions(context, model));
        List<float[]> logits = [];
        List<long[][]> kept = [];
        int done = 0;
        foreach (int step in Steps(context, tokens.Length))
        {
            logits.Add(Feed(model, state, tokens.AsSpan(done, step), context.Cancellation));
            done += step;
            if (context.Parse.GetValue(_kept))
                kept.Add(KeptPositions(state));
        }

        int vocabulary = model.Info.VocabularySize;
        if (context.Json)
            context.WriteJson(json => Write(json, logits, vocabulary, kept, state.ByteSize));
        else
            WriteText(context.Console.Text, tokens, logits, vocabulary, kept);
    }

    private StateOptions StateOptions(CommandContext context, LanguageModel model)
    {
        (string? form, int? chunk) = (context.Parse.GetValue(_form), context.Parse.GetValue(_chunk));
        if (!model.Info.HasConstantState)
        {
            return form is null
                ? context.StateOptions with { PromptChunk = chunk ?? 0 }
                : throw new CommandException($"--form needs a model with retention; {model.Info.Architecture} has none.");
        }

        return context.StateOptions with
        {
            RetentionChunk = chunk,
            Form = form is null ? RetentionForm.Recurrent : Enum.Parse<RetentionForm>(form, ignoreCase: true),
        };
    }

    /// <summary>How many tokens each step feeds.</summary>
    private IEnumerable<int> Steps(CommandContext context, int tokens)
    {
        int first = context.Parse.GetValue(_prefill) ?? (context.Parse.GetValue(_form) == "recurrent" ? 1 : tokens);
        if (first > tokens)
            throw new CommandException($"--prefill is {first}, but there are {tokens} tokens.");
        return Enumerable.Repeat(1, tokens - first).Prepend(first);
    }

    private static float[] Feed(LanguageModel model, SequenceState state, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        long values = (long)tokens.Length * model.Info.VocabularySize;
        if (values > Array.MaxLength)
        {
            throw new CommandException($"The logits of {tokens.Length} tokens are {values} numbers, more than fit in memory at once; feed "
                + "fewer at once with --prefill N.");
        }

        float[] logits = new float[values];
        model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits, cancellation), logits);
        if (Array.FindIndex(logits, value => !float.IsFinite(value)) is >= 0 and int index)
        {
            throw new CommandException($"The model gave the logit {logits[index]} for token {index % model.Info.VocabularySize}; its "
                + "weights or the input are out of range.");
        }

        return logits;
    }

    private static long[][] KeptPositions(SequenceState state)
    {
        int layers = state.Model.Info.Layers;
        return [.. Enumerable.Range(
            0, layers).Select(layer => state is TransformerState transformer ? transformer.GetKeptPositions(layer) : [])];
    }

    private static void Write(Utf8JsonWriter json, List<float[]> logits, int vocabulary, List<long[][]> kept, long stateBytes)
    {
        json.WriteStartArray("logits");
        foreach (float[] row in logits.SelectMany(step => step.Chunk(vocabulary)))
        {
            json.WriteStartArray();
            foreach (float logit in row)
                json.WriteNumberValue(logit);
            json.WriteEndArray();
            json.Flush();
        }

        json.WriteEndArray();
        json.WriteStartArray("kept");
        foreach (long[][] step in kept)
        {
            json.WriteStartArray();
            foreach (long[] positions in step)
            {
                json.WriteStartArray();
                foreach (long position in positions)
                    json.WriteNumberValue(position);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteNumber("state_bytes", stateBytes);
    }

    private static void WriteText(TextWriter text, int[] tokens, List<float[]> logits, int vocabulary, List<long[][]> kept)
    {
        const int best = 5;
        int position = 0;
        foreach (float[] row in logits.SelectMany(step => step.Chunk(vocabulary)))
        {
            IEnumerable<string> likely = row.Index().OrderByDescending(token => token.Item).Take(best)
                .Select(token => $"{token.Index} ({token.Item:F3})");
            text.WriteLine($"{position} token {tokens[position]}: {string.Join(", ", likely)}");
            position++;
        }

        foreach ((int step, long[][] layers) in kept.Index())
            text.WriteLine($"kept after step {step}: {string.Join(" | ", layers.Select(positions => string.Join(' ', positions)))}");
    }

    private static int[]? ParseTokens(string text)
    {
        string[] parts = text.Split(',');
        int[] tokens = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture,
                out tokens[i]))
            {
                return null;
            }
        }

        return tokens;
    }
}
