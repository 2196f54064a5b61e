using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.DependencyInjection.Tests;

public sealed class SharedBudgetTests
{
    [Fact]
    public async Task Models_share_the_budget_that_is_registered_unless_they_state_their_own()
    {
        MemoryBudget budget = new(1000);
        await using ServiceProvider services = new ServiceCollection().AddSingleton(budget)
            .AddRetNet("shared", options => options.ModelPath = ModelPaths.RetNet)
            .AddRetNet("own", options =>
            {
                options.ModelPath = ModelPaths.RetNet;
                options.StateBudgetMegabytes = 64;
            })
            .BuildServiceProvider();
        LoadedModel shared = await services.GetRequiredKeyedService<SharedModel>("shared").GetAsync();
        LoadedModel own = await services.GetRequiredKeyedService<SharedModel>("own").GetAsync();
        GenerationRequest request = new(new[] { 1 }, new GenerationOptions { MaxTokens = 1 });

        StateBudgetException refused = await Assert.ThrowsAsync<StateBudgetException>(
            async () => await shared.TextModel.Scheduler.EnqueueAsync(request));
        Assert.Contains("is 1000.", refused.Message, StringComparison.Ordinal);
        Assert.Single(await own.TextModel.Scheduler.GenerateAsync([request]));
    }
}
