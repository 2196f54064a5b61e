using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Tool;

/// <summary>A generated text with its measurements.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its tokens, without the stop token.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">The number of tokens that were fed before it.</param>
/// <param name="TokensPerSecond">Tokens per second after the first, which comes when the prompt has been read; 0 if all came with
/// it.</param>
/// <param name="StateBytes">Bytes that the sequence's state held at the end.</param>
internal sealed record Answer(
    string Text, IReadOnlyList<int> Tokens, FinishReason FinishReason, int PromptTokens, double TokensPerSecond, long StateBytes)
{
    /// <summary>The functions that it calls.</summary>
    public IReadOnlyList<FunctionCall> Calls { get; private init; } = [];

    /// <summary>Generates a text and writes it as it is generated.</summary>
    /// <param name="generator">The generator.</param>
    /// <param name="request">What to generate.</param>
    /// <param name="output">Receives the text; null to only collect it.</param>
    /// <param name="cancellation">Observed between tokens.</param>
    /// <param name="calls">Finds the calls of functions, which are no part of the text; null if there are none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public static Answer Generate(
        Generator generator, GenerationRequest request, TextWriter? output, CancellationToken cancellation,
        FunctionCallReader? calls = null, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        StringBuilder said = new();
        int steps = 0;
        long start = 0;
        GenerationResult result = generator.Generate(request, Write, cancellation);

        // A step writes all that a grammar forces after its token.
        double rate = steps < 2 ? 0 : (result.Tokens.Count - 1) / Math.Max(time.GetElapsedTime(start).TotalSeconds, double.Epsilon);
        if (calls is not null)
            Say(calls.Finish());
        string text = calls is null ? result.Text : said.ToString();
        return new Answer(text, result.Tokens, result.FinishReason, result.PromptTokens, rate, result.StateBytes)
        {
            Calls = calls?.Calls ?? [],
        };

        // The first call comes when the prompt has been read.
        void Write(ReadOnlySpan<char> text)
        {
            if (calls is null)
                output?.Write(text);
            else
                Say(calls.Add(text));
            if (steps++ == 0)
                start = time.GetTimestamp();
        }

        void Say(string text)
        {
            output?.Write(text);
            said.Append(text);
        }
    }

    /// <summary>Writes the properties of a JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("text", Text);
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
        json.WriteNumber("tokens_per_second", TokensPerSecond);
        json.WriteNumber("state_bytes", StateBytes);
    }

    public override string ToString() => $"{Tokens.Count} tokens, {TokensPerSecond:N0} tokens/s, state {StateBytes:N0} bytes";
}
