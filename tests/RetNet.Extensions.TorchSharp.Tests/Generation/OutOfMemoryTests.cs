using System.Runtime.InteropServices;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.TorchSharp.Native;

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

    [Fact]
    public void Memory_that_a_script_does_not_get_is_an_error_as_elsewhere()
    {
        using torch.jit.CompilationUnit script = torch.jit.compile("def f(x, n: int):\n    return torch.empty([n, n])\n");
        using Tensor any = torch.ones(1);
        Exception error = Assert.ThrowsAny<Exception>(() => script.invoke("f", any, 10_000_000));
        Assert.True(TorchErrors.IsOutOfMemory(Assert.IsType<ExternalException>(error)), error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public async Task Requests_that_run_out_of_memory_together_go_on_one_by_one(int cuts)
    {
        ModelLoadOptions load = new() { Threads = 1, Device = Models.Torch, WeightFormat = Core.Formats.WeightFormat.Float32 };
        using TextModel model = TextModel.Load(Models.Embedded("llama-tinystories"), load);
        GenerationOptions options = new() { MaxTokens = 30, StopTokens = [], Sampling = SamplingOptions.Greedy };
        ExhaustingPolicy exhausting = new(int.MaxValue) { RunsInBatch = true };
        GenerationRequest[] requests =
        [
            new(model.Tokenizer.Encode("Once upon a time"), options),
            new(model.Tokenizer.Encode("Tom and Lily"), options with { State = new StateOptions { Policy = new Tova(64) } }),
            new(model.Tokenizer.Encode("The little dog was very"), options with { State = new StateOptions { Policy = exhausting } }),
        ];
        List<string> expected = [];
        foreach (GenerationRequest request in requests)
            expected.Add((await model.Scheduler.GenerateAsync([request]))[0].Text);
        exhausting.CutsLeft = cuts;

        List<ScheduledGeneration> generations = [];
        foreach (GenerationRequest request in requests)
            generations.Add(await model.Scheduler.EnqueueAsync(request));

        Assert.Equal(expected[..2], [(await generations[0].Result).Text, (await generations[1].Result).Text]);
        await Assert.ThrowsAsync<DeviceMemoryException>(() => generations[2].Result);
        generations.ForEach(generation => generation.Dispose());
    }

    /// <summary>Keeps the last 8 rows, and some cuts later asks libtorch for more memory than there is.</summary>
    private sealed class ExhaustingPolicy(int cuts) : IMultiStatePolicy
    {
        public int CutsLeft { get; set; } = cuts;

        public bool RunsInBatch { get; init; }

        public string Name => "exhausting";

        public StateSize Size => 8;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            if (CutsLeft-- == 0)
                torch.empty(1L << 46, dtype: torch.float32).Dispose();
            keep[^8..].Fill(true);
        }
    }
}
