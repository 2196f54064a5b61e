using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.DependencyInjection.Tests;

public sealed class RetNetOptionsTests
{
    [Fact]
    public void Every_option_is_bound_from_configuration()
    {
        RetNetOptions options = Bind(new()
        {
            ["ModelPath"] = ModelPaths.Llama,
            ["Device"] = "cpu",
            ["FallbackToCpu"] = "true",
            ["WeightFormat"] = "int8",
            ["Threads"] = "2",
            ["Policy"] = "sinks",
            ["StateSize"] = "25%",
            ["Sinks"] = "3",
            ["PromptChunk"] = "128",
            ["StateFormat"] = "bfloat16",
            ["Adapters:0:Path"] = ModelPaths.Llama,
            ["Adapters:0:Name"] = "poems",
            ["Adapters:0:Scale"] = "0.5",
            ["Adapters:1:Path"] = ModelPaths.RetNet,
            ["Adapters:1:Merge"] = "true",
            ["Adapter"] = "poems",
            ["ChatTemplate"] = "{{ messages }}",
            ["MaxTokens"] = "12",
            ["Temperature"] = "0.5",
            ["TopP"] = "0.9",
            ["TopK"] = "7",
            ["MinP"] = "0.1",
            ["RepetitionPenalty"] = "1.1",
            ["FrequencyPenalty"] = "0.2",
            ["PresencePenalty"] = "0.3",
            ["Seed"] = "42",
            ["PromptLookupTokens"] = "5",
            ["StopStrings:0"] = "The end",
            ["MaxBatch"] = "3",
            ["MaxQueuedRequests"] = "4",
            ["StateBudgetMegabytes"] = "5000",
            ["KeptStateMegabytes"] = "6",
        });

        Assert.Equal(WeightFormat.Int8, options.ToLoadOptions().WeightFormat);
        Assert.Equal(2, options.ToLoadOptions().Threads);
        Assert.Equal(
            [new ModelAdapter(ModelPaths.Llama) { Name = "poems", Scale = 0.5f }, new ModelAdapter(ModelPaths.RetNet) { IsMerged = true }],
            options.ToLoadOptions().Adapters);
        Assert.Equal("poems", options.ToStateOptions().Adapter);
        Assert.True(options.FallbackToCpu);
        Assert.Equal("{{ messages }}", options.ChatTemplate);
        Assert.Equal(
            new BatchSchedulerOptions
            {
                MaxBatch = 3,
                MaxQueue = 4,
                StateBudgetBytes = 5000L << 20,
                KeptStateBytes = 6 << 20
            }, options.ToSchedulerOptions());
        Assert.Equal(new BatchSchedulerOptions(), new RetNetOptions().ToSchedulerOptions());
        GenerationOptions generation = options.ToGenerationOptions(new GenerationOptions());
        Assert.Equal((12, 5), (generation.MaxTokens, generation.PromptLookupTokens));
        Assert.Equal(["The end"], generation.StopStrings);
        Assert.Equal(
            new SamplingOptions
            {
                Temperature = 0.5f,
                TopP = 0.9f,
                TopK = 7,
                MinP = 0.1f,
                RepetitionPenalty = 1.1f,
                FrequencyPenalty = 0.2f,
                PresencePenalty = 0.3f,
                Seed = 42
            },
            generation.Sampling);
        Assert.Equal((128, StateFormat.BFloat16), (generation.State.PromptChunk, generation.State.Format));
        Sinks policy = Assert.IsType<Sinks>(generation.State.Policy);
        Assert.Equal(3, policy.First);
        Assert.Equal(StateSize.FractionOfContext(0.25), policy.Size);
    }

    [Fact]
    public void What_is_not_set_stays_as_the_model_says()
    {
        GenerationOptions defaults = new()
        {
            MaxTokens = 5,
            StopStrings = ["x"],
            StopTokens = [3],
            Sampling = new() { Temperature = 0.7f, TopK = 40 }
        };

        Assert.Equal(defaults, new RetNetOptions().ToGenerationOptions(defaults));
    }

    [Theory]
    [InlineData("full", null, typeof(Full))]
    [InlineData("WINDOW", "512", typeof(Window))]
    [InlineData("sinks", "0.5", typeof(Sinks))]
    [InlineData("h2o", "10%", typeof(H2O))]
    [InlineData("Tova", "64", typeof(Tova))]
    [InlineData("tova", null, typeof(Tova))]
    public void Policies_go_by_their_names(string name, string? size, Type expected) =>
        Assert.IsType(expected, MultiStatePolicies.Create(name, size));

    [Fact]
    public void Registering_a_name_again_adds_to_its_options()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddRetNet("story", ModelPaths.RetNet)
            .AddRetNet("story", options => options.Threads = 1)
            .BuildServiceProvider();

        RetNetOptions options = services.GetRequiredService<IOptionsMonitor<RetNetOptions>>().Get("story");

        Assert.Equal((ModelPaths.RetNet, 1), (options.ModelPath, options.Threads));
        Assert.Single(services.GetKeyedServices<SharedModel>("story"));
    }

    [Theory]
    [InlineData("ModelPath", null, "ModelPath is missing", "Hugging Face folder")]
    [InlineData("ModelPath", "nowhere", "ModelPath is 'nowhere'", "does not exist")]
    [InlineData("Device", "tpu", "Device is 'tpu'", "auto, cpu, cuda, cuda:N, mps or torch")]
    [InlineData("Device", "cuda:", "Device is 'cuda:'", "cuda:N")]
    [InlineData("Device", "mps:1", "Device is 'mps:1'", "cuda:N")]
    [InlineData("Device", "cuda", "Device cuda:0 needs the package RetNet.Extensions.TorchSharp", "FallbackToCpu = true")]
    [InlineData("Device", "CUDA:3", "Device cuda:3 needs the package", "FallbackToCpu = true")]
    [InlineData("Device", "mps", "Device mps needs the package", "FallbackToCpu = true")]
    [InlineData("Device", "torch", "Device torch needs the package", "FallbackToCpu = true")]
    [InlineData("GpuDeviceId", "2", "Device cuda:2 needs the package", "FallbackToCpu = true")]
    [InlineData("WeightFormat", "float16", "WeightFormat is Float16", "expected BFloat16")]
    [InlineData("GpuDeviceId", "-1", "GpuDeviceId is -1", "0 or more")]
    [InlineData("WeightFormat", "99", "WeightFormat is 99", "BFloat16")]
    [InlineData("Threads", "-2", "Threads is -2", "0 (one per processor)")]
    [InlineData("Policy", "lru", "Policy is 'lru'", "full, window, sinks, h2o or tova")]
    [InlineData("StateSize", "512", "StateSize is '512'", "full keeps every row")]
    [InlineData("StateFormat", "7", "StateFormat is 7", "Float32, BFloat16")]
    [InlineData("PromptChunk", "-1", "PromptChunk is -1", "0 (whole) or more")]
    [InlineData("Adapters:0:Path", "no/such", "'no/such'", "adapter_config.json")]
    [InlineData("Adapter", "poems", "Adapter is 'poems'", "not merged")]
    [InlineData("ChatTemplate", "{% for %}", "ChatTemplate", "line 1")]
    [InlineData("MaxTokens", "0", "MaxTokens is 0", "at least 1")]
    [InlineData("Temperature", "-1", "Temperature is -1", "0 or more")]
    [InlineData("TopP", "2", "TopP is 2", "at most 1")]
    [InlineData("TopK", "-3", "TopK is -3", "0 (off) or more")]
    [InlineData("MinP", "1.5", "MinP is 1.5", "between 0 and 1")]
    [InlineData("PromptLookupTokens", "16", "PromptLookupTokens is 16", "0 to 15")]
    [InlineData("RepetitionPenalty", "0", "RepetitionPenalty is 0", "more than 0")]
    [InlineData("MaxBatch", "0", "MaxBatch is 0", "1 to 4096")]
    [InlineData("MaxQueuedRequests", "0", "MaxQueuedRequests is 0", "1 or more")]
    [InlineData("StateBudgetMegabytes", "0", "StateBudgetMegabytes is 0", "1 or more")]
    [InlineData("KeptStateMegabytes", "-1", "KeptStateMegabytes is -1", "0 (none)")]
    public void A_bad_option_is_named_with_what_was_found_and_expected(string key, string? value, string found, string expected)
    {
        OptionsValidationException failure = Assert.Throws<OptionsValidationException>(
            () => Bind(new() { ["ModelPath"] = ModelPaths.RetNet, [key] = value }));

        Assert.Contains(found, failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tova", "0")]
    [InlineData("tova", "lots")]
    [InlineData("tova", "120%")]
    [InlineData("sinks", "1.5")]
    public void A_bad_state_size_is_named(string policy, string size)
    {
        Exception failure = Assert.ThrowsAny<Exception>(
            () => Bind(new() { ["ModelPath"] = ModelPaths.RetNet, ["Policy"] = policy, ["StateSize"] = size }));

        Assert.Contains($"StateSize: '{size}' is not a state size", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu", "0")]
    [InlineData("torch", "0")]
    [InlineData("mps", "1")]
    [InlineData("cuda:1", "2")]
    public void A_device_with_the_index_of_another_is_a_contradiction(string device, string gpu)
    {
        OptionsValidationException failure = Assert.Throws<OptionsValidationException>(
            () => Bind(new()
            {
                ["ModelPath"] = ModelPaths.RetNet,
                ["Device"] = device,
                ["GpuDeviceId"] = gpu,
                ["FallbackToCpu"] = "true"
            }));

        Assert.Contains($"GpuDeviceId is {gpu}, but Device is {device}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu", null, "cpu")]
    [InlineData("auto", null, "cpu")]
    [InlineData("auto", "2", "cuda:2")]
    [InlineData("cuda", null, "cuda:0")]
    [InlineData("cuda", "1", "cuda:1")]
    [InlineData("cuda:1", "1", "cuda:1")]
    [InlineData("MPS", null, "mps")]
    [InlineData("torch", null, "torch")]
    public void Devices_go_by_name_and_index(string device, string? gpu, string expected)
    {
        RetNetOptions options = Bind(new()
        {
            ["ModelPath"] = ModelPaths.RetNet,
            ["Device"] = device,
            ["GpuDeviceId"] = gpu,
            ["FallbackToCpu"] = "true"
        });

        Assert.Equal(expected, options.ToLoadOptions().Device.ToString());
    }

    [Fact]
    public void All_failures_are_told_at_once_with_the_models_name()
    {
        OptionsValidationException failure = Assert.Throws<OptionsValidationException>(
            () => Bind(new() { ["Device"] = "tpu", ["Threads"] = "-1" }));

        Assert.Equal(3, failure.Failures.Count());
        Assert.All(failure.Failures, text => Assert.StartsWith("RetNet model 'story': ", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MaxToken", "3", "has the key 'Models:Story:MaxToken', which is no option; expected ModelPath, Device,")]
    [InlineData("Adapters:0:Pat", "a", "has the key 'Models:Story:Adapters:0:Pat', which is no option; expected Path, Name, Scale, Merge.")]
    [InlineData("MaxTokens", "abc", "'abc' at 'Models:Story:MaxTokens'")]
    [InlineData("StateFormat", "Int3", "'Int3' at 'Models:Story:StateFormat'")]
    public void A_key_or_a_value_that_configuration_cannot_have_is_refused_by_model_and_place(string key, string value, string words)
    {
        OptionsValidationException failure = Assert.Throws<OptionsValidationException>(() => Bind(new() { [key] = value }));

        Assert.StartsWith("RetNet model 'story': ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private static RetNetOptions Bind(Dictionary<string, string?> values)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create($"Models:Story:{pair.Key}", pair.Value)))
            .Build();
        using ServiceProvider services = new ServiceCollection()
            .AddRetNet("story", configuration.GetSection("Models:Story"))
            .BuildServiceProvider();
        return services.GetRequiredService<IOptionsMonitor<RetNetOptions>>().Get("story");
    }
}
