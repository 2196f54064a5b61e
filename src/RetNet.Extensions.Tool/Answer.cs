using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Tool;

/// <summary>A generated text with its measurements.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its tokens, without the stop token.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">The number of tokens that were fed before it.</param>
/// <param name="Steps">Steps that wrote it; one writes all that a grammar forces after its token.</param>
/// <param name="TokensPerSecond">Tokens per second, forced ones too, after the first, which comes when the prompt has been read; 0 if all
/// came with it.</param>
/// <param name="StateBytes">Bytes that the sequence's state held at the end.</param>
internal sealed record Answer(
    string Text, IReadOnlyList<int> Tokens, FinishReason FinishReason, int PromptTokens, int Steps, double TokensPerSecond,
    long StateBytes)
{
    /// <summary>What the model thought first, which is no part of the text.</summary>
    public string Reasoning { get; private init; } = "";

    /// <summary>The functions that it calls.</summary>
    public IReadOnlyList<FunctionCall> Calls { get; private init; } = [];

    /// <summary>Generates a text and writes it as it is generated.</summary>
    /// <param name="generator">The generator.</param>
    /// <param name="request">What to generate.</param>
    /// <param name="output">Receives the text; null to only collect it.</param>
    /// <param name="cancellation">Observed between tokens.</param>
    /// <param name="reasoning">Separates reasoning from the text; null if all is text.</param>
    /// <param name="calls">Finds the calls of functions in what is not reasoning, which are no part of the text; null if there are
    /// none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public static Answer Generate(
        Generator generator, GenerationRequest request, TextWriter? output, CancellationToken cancellation,
        ReasoningReader? reasoning = null, FunctionCallReader? calls = null, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        StringBuilder thought = new(), said = new();
        int steps = 0;
        long start = 0;
        GenerationResult result = generator.Generate(request, Write, cancellation);

        double rate = steps < 2 ? 0 : (result.Tokens.Count - 1) / Math.Max(time.GetElapsedTime(start).TotalSeconds, double.Epsilon);
        if (reasoning is not null)
            Separate(reasoning.Finish());
        if (calls is not null)
            Say(calls.Finish());
        if (thought.Length > 0 && said.Length == 0)
            output?.Write(ReasoningReader.Close);
        return new Answer(said.ToString(), result.Tokens, result.FinishReason, result.PromptTokens, steps, rate, result.StateBytes)
        {
            Reasoning = thought.ToString(),
            Calls = calls?.Calls ?? [],
        };

        // The first call comes when the prompt has been read.
        void Write(ReadOnlySpan<char> text)
        {
            Separate(reasoning?.Add(text.ToString()) ?? ("", text.ToString()));
            if (steps++ == 0)
                start = time.GetTimestamp();
        }

        void Separate((string Reasoning, string Answer) piece)
        {
            Think(piece.Reasoning);
            Say(calls?.Add(piece.Answer) ?? piece.Answer);
        }

        void Think(string text)
        {
            if (text.Length > 0 && thought.Length == 0)
                output?.Write(ReasoningReader.Open);
            output?.Write(text);
            thought.Append(text);
        }

        void Say(string text)
        {
            if (text.Length > 0 && said.Length == 0 && thought.Length > 0)
                output?.WriteLine(ReasoningReader.Close);
            output?.Write(text);
            said.Append(text);
        }
    }

    /// <summary>Writes the properties of a JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("text", Text);
        if (Reasoning.Length > 0)
            json.WriteString("reasoning", Reasoning);
        if (Calls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (FunctionCall call in Calls)
                call.ToJson().WriteTo(json);
            json.WriteEndArray();
        }

        json.WriteIntegers("tokens", Tokens);
        json.WriteString("finish_reason", FinishReason == FinishReason.Length ? "length" : Calls.Count > 0 ? "tool_calls" : "stop");
        json.WriteNumber("prompt_tokens", PromptTokens);
        if (Steps < Tokens.Count)
            json.WriteNumber("steps", Steps);
        json.WriteNumber("tokens_per_second", TokensPerSecond);
        json.WriteNumber("state_bytes", StateBytes);
    }

    public override string ToString()
    {
        string steps = Steps < Tokens.Count ? $" in {Steps} steps" : "";
        return $"{Tokens.Count} tokens{steps}, {TokensPerSecond:N0} tokens/s, state {StateBytes:N0} bytes";
    }
}
