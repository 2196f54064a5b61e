using System.Diagnostics;
using System.Text;
using System.Text.Json;
using RetNet.Extensions.Benchmarks.Comparison;
using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Benchmarks.Answers;

/// <summary>This library: a generator on the calling thread.</summary>
/// <param name="model">The model.</param>
/// <param name="prompt">What is answered.</param>
internal sealed class OurAnswers(TextModel model, int[] prompt) : IAnsweringEngine
{
    private readonly Generator _generator = new(model.Model, model.Tokenizer);

    public string Name => EngineNames.Ours;

    public Answer WriteFreely(int tokens) => Generate(new() { MaxTokens = tokens, StopTokens = [] });

    public Answer AnswerBySchema(JsonElement schema, int mostTokens) =>
        Generate(new() { MaxTokens = mostTokens, Grammar = Grammar.FromJsonSchema(schema) });

    private Answer Generate(GenerationOptions options)
    {
        options = options with { State = StateSettings.Compared };
        using Completion completion = _generator.Start(new GenerationRequest(prompt, options));
        StringBuilder text = new();
        Step();
        int steps = 0;
        long start = Stopwatch.GetTimestamp();
        for (; completion.FinishReason is null; steps++)
            Step();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(text.ToString(), completion.Tokens.Count, steps, seconds, completion.FinishReason == FinishReason.Stop);

        void Step()
        {
            _generator.Step([completion]);
            text.Append(completion.NewText);
        }
    }
}
