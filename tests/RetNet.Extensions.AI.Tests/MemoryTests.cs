using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Measures the whole process, so nothing else runs beside it.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public async Task A_thousand_conversations_leave_memory_flat()
    {
        await ChatAsync(100);
        long before = Memory();

        await ChatAsync(1000);

        // The states of a thousand conversations would take more than a gigabyte.
        Assert.InRange(Memory() - before, long.MinValue, 64L << 20);
    }

    /// <summary>Creates, uses and disposes clients: both models, whole responses and streams whose reader leaves, in turn.</summary>
    private static async Task ChatAsync(int times)
    {
        ChatOptions options = new() { MaxOutputTokens = 2, Seed = 1 };
        for (int i = 0; i < times; i++)
        {
            using RetNetChatClient client = new(i % 4 < 2 ? Models.RetNet : Models.Llama);
            if (i % 2 == 0)
            {
                await client.GetResponseAsync("hi", options);
                continue;
            }

            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("hi", options))
                break;
        }
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
