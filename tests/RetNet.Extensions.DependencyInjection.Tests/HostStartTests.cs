using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.DependencyInjection.Tests;

public sealed class HostStartTests
{
    [Fact]
    public async Task A_host_does_not_start_with_a_device_that_is_absent()
    {
        using IHost host = Build(options => options.Device = "cuda");

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("RetNet model 'story': Device cuda:0 needs the package RetNet.Extensions.TorchSharp", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_starts_without_loading_a_model()
    {
        using IHost host = Build(options => options.Threads = 1);

        await host.StartAsync();

        Assert.False(host.Services.GetRequiredKeyedService<SharedModel>("story").IsLoaded);
        await host.StopAsync();
    }

    private static IHost Build(Action<RetNetOptions> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRetNet("story", ModelPaths.RetNet).AddRetNet("story", configure);
        return builder.Build();
    }
}
