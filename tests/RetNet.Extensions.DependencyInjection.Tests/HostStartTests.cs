using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.DependencyInjection.Tests;

public sealed class HostStartTests
{
    [Fact]
    public async Task A_host_does_not_start_with_a_device_that_is_absent()
    {
        using IHost host = Build(options => options.Device = "cuda");

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("RetNet model 'story': Device cuda:0 needs the package RetNet.Extensions.TorchSharp", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_starts_without_loading_a_model()
    {
        using IHost host = Build(options => options.Threads = 1);

        await host.StartAsync();

        Assert.Null(host.Services.GetRequiredKeyedService<SharedModel>("story").Loaded);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_host_that_wants_half_precision_on_a_GPU_starts_without_one_when_the_CPU_may_replace_it()
    {
        using IHost host = Build(options => (options.WeightFormat, options.FallbackToCpu) = (WeightFormat.Float16, true));

        await host.StartAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task A_host_that_names_the_CPU_does_not_start_with_half_precision()
    {
        using IHost host = Build(options => (options.Device, options.WeightFormat,
            options.FallbackToCpu) = ("cpu", WeightFormat.Float16, true));

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("WeightFormat is Float16, but Device cpu is the CPU", failure.Message, StringComparison.Ordinal);
    }

    private static IHost Build(Action<RetNetOptions> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRetNet("story", ModelPaths.RetNet).AddRetNet("story", configure);
        return builder.Build();
    }
}
