using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.DependencyInjection.Tests;

/// <summary>Registrations under one name.</summary>
public sealed class TwoModelsTests
{
    [Theory]
    [InlineData(null, "path", "path")]
    [InlineData("story", "path", "options")]
    [InlineData("story", "path", "section")]
    [InlineData("story", "options", "path")]
    [InlineData(null, "options", "options")]
    [InlineData("story", "section", "options")]
    [InlineData("story", "section", "section")]
    public async Task A_second_model_under_a_name_is_an_error_when_the_host_starts(string? name, string first, string second)
    {
        using IHost host = Build(services =>
        {
            Add(services, name, first, ModelPaths.RetNet);
            Add(services, name, second, ModelPaths.Llama);
        });

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains($"ModelPath was registered as '{ModelPaths.RetNet}' and as '{ModelPaths.Llama}'", failure.Message,
            StringComparison.Ordinal);
        Assert.Contains("expected one model under a name or service id", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_host_it_is_an_error_of_the_first_use()
    {
        using ServiceProvider services = new ServiceCollection().AddRetNet(ModelPaths.RetNet).AddRetNet(ModelPaths.Llama)
            .BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(services.GetRequiredService<SharedModel>);
    }

    [Fact]
    public async Task The_same_model_and_further_options_are_none()
    {
        using IHost host = Build(services => services
            .AddRetNet("story", ModelPaths.RetNet)
            .AddRetNet("story", options => options.Threads = 1)
            .AddRetNet("story", options => options.ModelPath = Path.GetRelativePath(Environment.CurrentDirectory, ModelPaths.RetNet))
            .AddRetNet("story", $"{ModelPaths.RetNet}{Path.DirectorySeparatorChar}")
            .AddRetNet("other", ModelPaths.Llama));

        await host.StartAsync();

        Assert.Equal(1, host.Services.GetRequiredService<IOptionsMonitor<RetNetOptions>>().Get("story").Threads);
        await host.StopAsync();
    }

    [Fact]
    public async Task Configuring_the_options_replaces_a_model_on_purpose()
    {
        using IHost host = Build(services => services
            .AddRetNet("story", ModelPaths.RetNet)
            .Configure<RetNetOptions>("story", options => options.ModelPath = ModelPaths.Llama)
            .AddRetNet("story", options => options.Threads = 1));

        await host.StartAsync();

        Assert.Equal("llama-tinystories", host.Services.GetRequiredKeyedService<SharedModel>("story").Name);
        await host.StopAsync();
    }

    private static IHost Build(Action<IServiceCollection> register)
    {
        HostApplicationBuilder builder =
            Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Environment.CurrentDirectory });
        register(builder.Services);
        return builder.Build();
    }

    private static void Add(IServiceCollection services, string? name, string how, string path)
    {
        switch (how)
        {
            case "path":
                services.AddRetNet(name, path);
                break;
            case "options":
                services.AddRetNet(name, options => options.ModelPath = path);
                break;
            default:
                services.AddRetNet(name, new ConfigurationBuilder().AddInMemoryCollection([new("ModelPath", path)]).Build());
                break;
        }
    }
}
