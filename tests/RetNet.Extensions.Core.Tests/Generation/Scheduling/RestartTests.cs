using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation.Scheduling;

/// <summary>Memory that runs out when a forward has computed everything: the texts are those that no failure gives, to their readers
/// too.</summary>
public sealed class RestartTests
{
    [Theory]
    [InlineData(12)]
    [InlineData(40)]
    public async Task Guessed_tokens_that_were_right_are_read_once(int maxTokens)
    {
        GenerationOptions options = new() { MaxTokens = maxTokens, StopTokens = [], PromptLookupTokens = 6 };
        int[] prompt = [.. Enumerable.Range(0, 24).Select(i => i % 8)];
        for (int failing = 1; failing < 14; failing++)
        {
            using ScriptedModel model = new(seen => ScriptedModel.Surely((seen[^1] + (seen.Count % 11 == 0 ? 2 : 1)) % 8));
            GenerationResult expected = new Generator(model).Generate(new GenerationRequest(prompt, options));
            FailIn(model, failing);
            await using BatchScheduler scheduler = new(model);
            using ScheduledGeneration first = await scheduler.EnqueueAsync(new GenerationRequest(prompt, options));
            using ScheduledGeneration second = await scheduler.EnqueueAsync(new GenerationRequest(prompt, options));
            int failed = 0;
            foreach (ScheduledGeneration generation in (ScheduledGeneration[])[first, second])
            {
                // A text that was alone in the forward fails.
                List<int> read = [];
                try
                {
                    while (await generation.ReadAsync())
                        read.AddRange(generation.Tokens);
                    Assert.Equal(expected.Tokens, read);
                    Assert.Equal(expected.Tokens, (await generation.Result).Tokens);
                }
                catch (InsufficientMemoryException)
                {
                    failed++;
                }
            }

            Assert.InRange(failed, 0, 1);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_text_that_succeeds_has_the_state_that_its_request_asked_for(bool isOwn)
    {
        GenerationOptions options = new() { MaxTokens = 12, StopTokens = [], PromptLookupTokens = 6 };
        int[] prompt = [.. Enumerable.Range(0, 24).Select(i => i % 8)];
        for (int failing = 1; failing < 14; failing++)
        {
            using ScriptedModel model = new(seen => ScriptedModel.Surely((seen[^1] + 1) % 8));
            FailIn(model, failing);
            await using BatchScheduler scheduler = new(model);
            List<ScheduledGeneration> generations = [];
            for (int i = 0; i < 2; i++)
            {
                generations.Add(await scheduler.EnqueueAsync(new GenerationRequest(prompt, options, isOwn ? model.CreateState() : null)
                {
                    KeepState = !isOwn,
                }));
            }

            foreach (ScheduledGeneration generation in generations)
            {
                using (generation)
                {
                    try
                    {
                        await generation.Result;
                    }
                    catch (InsufficientMemoryException)
                    {
                        continue;
                    }

                    using SequenceState state = generation.Request.State ?? generation.TakeState();
                    using SequenceState copy = state.Fork();
                    Assert.Equal(prompt.Length + options.MaxTokens - 1, copy.Position);
                }
            }
        }
    }

    [Fact]
    public async Task A_draw_of_a_forward_that_failed_is_drawn_again()
    {
        GenerationOptions options = new() { MaxTokens = 12, StopTokens = [], Sampling = new SamplingOptions { Seed = 4, Temperature = 2 } };
        GenerationRequest request = new(new[] { 1, 2, 3 }, options);
        for (int failing = 1; failing < 12; failing++)
        {
            using ScriptedModel model = new(seen => [.. Enumerable.Range(0, 16).Select(i => (i * seen[^1] * 7 % 5) / 2f)], chooses: true);
            IReadOnlyList<int> expected = new Generator(model).Generate(request).Tokens;
            FailIn(model, failing);
            await using BatchScheduler scheduler = new(model);
            List<ScheduledGeneration> generations = [];
            for (int i = 0; i < 3; i++)
                generations.Add(await scheduler.EnqueueAsync(request));
            int failed = 0;
            foreach (ScheduledGeneration generation in generations)
            {
                try
                {
                    Assert.Equal(expected, (await generation.Result).Tokens);
                }
                catch (InsufficientMemoryException)
                {
                    failed++;
                }
            }

            Assert.InRange(failed, 0, 1);
            generations.ForEach(generation => generation.Dispose());
        }
    }

    /// <summary>Lets memory run out at the end of a forward.</summary>
    private static void FailIn(ScriptedModel model, int forward)
    {
        int forwards = 0;
        model.Ending = () =>
        {
            if (++forwards == forward)
                throw new InsufficientMemoryException();
        };
    }
}
