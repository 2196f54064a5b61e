using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.TorchSharp.Tests.Generation;

/// <summary>A request for which libtorch has no memory in the middle of its text.</summary>
public sealed class OutOfMemoryTests
{
    [Fact]
    public async Task A_request_that_runs_out_of_memory_fails_alone_and_the_others_go_on()
    {
        ModelLoadOptions load = new() { Threads = 1, Device = Models.Torch, WeightFormat = Core.Formats.WeightFormat.Float32 };
        using TextModel model = TextModel.Load(Models.Embedded("llama-tinystories"), load);
        GenerationOptions options = new() { MaxTokens = 30, Sampling = SamplingOptions.Greedy };
        GenerationRequest[] others =
        [
            new(model.Tokenizer.Encode("Once upon a time"), options),
            new(model.Tokenizer.Encode("Tom and Lily"), options with { State = new StateOptions { Policy = new Tova(16) } }),
        ];
        string[] expected = [.. (await model.Scheduler.GenerateAsync(others)).Select(result => result.Text)];
        using ScheduledGeneration failing = await model.Scheduler.EnqueueAsync(
            new GenerationRequest(model.Tokenizer.Encode("The little dog was very"),
                options with { State = new StateOptions { Policy = new ExhaustingPolicy(cuts: 40) } }));
        using ScheduledGeneration first = await model.Scheduler.EnqueueAsync(others[0]);
        using ScheduledGeneration second = await model.Scheduler.EnqueueAsync(others[1]);

        DeviceMemoryException error = await Assert.ThrowsAsync<DeviceMemoryException>(() => failing.Result);

        Assert.Contains("Out of memory on torch", error.Message, StringComparison.Ordinal);
        string[] texts = [(await first.Result).Text, (await second.Result).Text];
        Assert.Equal(expected, texts);
        Assert.Equal(expected, (await model.Scheduler.GenerateAsync(others)).Select(result => result.Text));
    }

    /// <summary>Keeps the last 8 rows, and some cuts later asks libtorch for more memory than there is.</summary>
    private sealed class ExhaustingPolicy(int cuts) : IMultiStatePolicy
    {
        private int _cuts;

        public string Name => "exhausting";

        public StateSize Size => 8;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            if (_cuts++ == cuts)
                torch.empty(1L << 46, dtype: torch.float32).Dispose();
            keep[^8..].Fill(true);
        }
    }
}
