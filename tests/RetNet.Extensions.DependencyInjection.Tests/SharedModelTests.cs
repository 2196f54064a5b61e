using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.DependencyInjection.Tests;

public sealed class SharedModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Default_and_named_models_are_told_apart()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddRetNet(ModelPaths.RetNet)
            .AddRetNet("small-llama", ModelPaths.Llama)
            .BuildServiceProvider();

        Assert.Equal("retnet-tinystories", services.GetRequiredService<SharedModel>().Name);
        Assert.Equal("llama-tinystories", services.GetRequiredKeyedService<SharedModel>("small-llama").Name);
        Assert.StartsWith("retnet", services.GetRequiredService<TextModel>().Model.Info.Architecture, StringComparison.Ordinal);
        Assert.Equal("llama", services.GetRequiredKeyedService<TextModel>("small-llama").Model.Info.Architecture);
    }

    [Fact]
    public async Task A_model_has_its_folders_name_also_when_it_is_named_by_its_file()
    {
        string file = Path.Combine(ModelPaths.RetNet, "model.safetensors");
        using SharedModel model = new(new RetNetOptions { ModelPath = file });

        Assert.Equal("retnet-tinystories", model.Name);
        Assert.Equal("retnet-tinystories", (await model.GetAsync()).TextModel.Name);
    }

    [Fact]
    public async Task A_model_is_loaded_by_its_first_use_only()
    {
        using ServiceProvider services = new ServiceCollection().AddRetNet(ModelPaths.RetNet).BuildServiceProvider();
        SharedModel model = services.GetRequiredService<SharedModel>();

        Assert.Null(model.Loaded);
        Assert.Same((await model.GetAsync()).TextModel, services.GetRequiredService<TextModel>());
        Assert.NotNull(model.Loaded);
    }

    [Fact]
    public async Task Concurrent_first_uses_load_once_and_hold_no_thread()
    {
        using GateLogger log = new();
        using SharedModel model = new(new RetNetOptions { ModelPath = ModelPaths.RetNet }, log);

        // All of them return to this one thread while the load is still going on.
        Task<LoadedModel>[] uses = [.. Enumerable.Range(0, 64).Select(_ => model.GetAsync().AsTask())];
        Assert.DoesNotContain(uses, use => use.IsCompleted);
        log.Open.Set();

        LoadedModel[] seen = await Task.WhenAll(uses);
        Assert.All(seen, one => Assert.Same(model.Loaded, one));
        Assert.Equal(1, log.Loads);
    }

    [Fact]
    public async Task A_use_that_is_cancelled_leaves_the_load_to_the_others()
    {
        using GateLogger log = new();
        using SharedModel model = new(new RetNetOptions { ModelPath = ModelPaths.RetNet }, log);
        using CancellationTokenSource cancellation = new();
        Task<LoadedModel> first = model.GetAsync(cancellation.Token).AsTask();
        Task<LoadedModel> second = model.GetAsync().AsTask();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        log.Open.Set();
        Assert.Equal("retnet-tinystories", (await second).TextModel.Name);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await model.GetAsync(cancellation.Token));
        Assert.Equal(1, log.Loads);
    }

    [Fact]
    public async Task Disposed_during_a_load_it_ends_the_waiting_and_then_disposes_the_model()
    {
        foreach (string file in Directory.GetFiles(ModelPaths.RetNet))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        using GateLogger log = new();
        SharedModel model = new(new RetNetOptions { ModelPath = _folder }, log);
        Task<LoadedModel> use = model.GetAsync().AsTask();
        Assert.True(log.Inside.Wait(TimeSpan.FromSeconds(30)));

        model.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => use);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await model.GetAsync());
        log.Open.Set();
        Assert.True(SpinWait.SpinUntil(() => !IsOpen(_folder), TimeSpan.FromSeconds(30)));
        Assert.Null(model.Loaded);

        // Only Linux tells which files are open or mapped.
        static bool IsOpen(string folder) => OperatingSystem.IsLinux()
            && (File.ReadAllText("/proc/self/maps").Contains(folder, StringComparison.Ordinal)
                || Directory.EnumerateFiles("/proc/self/fd").Any(file => new FileInfo(file).LinkTarget?.StartsWith(folder,
                    StringComparison.Ordinal) == true));
    }

    [Fact]
    public async Task A_load_that_failed_is_tried_again()
    {
        using ServiceProvider services = new ServiceCollection().AddRetNet(_folder).BuildServiceProvider();
        SharedModel model = services.GetRequiredService<SharedModel>();

        CheckpointException failure = await Assert.ThrowsAsync<CheckpointException>(async () => await model.GetAsync());
        Assert.Contains("config.json", failure.Message, StringComparison.Ordinal);
        foreach (string file in Directory.GetFiles(ModelPaths.RetNet))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));

        Assert.Equal(4096, (await model.GetAsync()).TextModel.Model.Info.VocabularySize);
    }

    [Fact]
    public async Task The_container_disposes_the_model()
    {
        ServiceProvider services = new ServiceCollection().AddRetNet(ModelPaths.RetNet).BuildServiceProvider();
        SharedModel shared = services.GetRequiredService<SharedModel>();
        TextModel model = (await shared.GetAsync()).TextModel;

        services.Dispose();

        Assert.Throws<ObjectDisposedException>(() => model.Model.CreateState());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await shared.GetAsync());
    }

    [Fact]
    public void A_model_of_the_caller_stays_open()
    {
        using TextModel model = TextModel.Load(ModelPaths.RetNet);

        new SharedModel(model).Dispose();

        model.Model.CreateState().Dispose();
    }

    [Fact]
    public async Task A_template_of_the_options_replaces_the_models_own()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddRetNet(ModelPaths.RetNet)
            .AddRetNet("plain", options => (options.ModelPath, options.ChatTemplate) = (ModelPaths.RetNet, "{{ messages[0]['content'] }}"))
            .BuildServiceProvider();

        Assert.Equal(
            "hello", (await services.GetRequiredKeyedService<SharedModel>("plain").GetAsync()).ChatTemplate!.Render([new("user", "hello")],
                addGenerationPrompt: false));
        Assert.Contains(
            "<|user|>", (await services.GetRequiredService<SharedModel>().GetAsync()).ChatTemplate!.Render([new("user", "hello")],
                addGenerationPrompt: false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_that_is_not_understood_fails_chats_only()
    {
        foreach (string file in Directory.GetFiles(ModelPaths.RetNet))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), "{% include 'other' %}");
        using ServiceProvider services = new ServiceCollection().AddRetNet(_folder).BuildServiceProvider();
        SharedModel model = services.GetRequiredService<SharedModel>();

        Assert.Equal(4096, (await model.GetAsync()).TextModel.Model.Info.VocabularySize);
        Assert.Contains("include", Assert.Throws<ChatTemplateException>(() => model.Loaded!.ChatTemplate).Message,
            StringComparison.Ordinal);
        using SharedModel wrapped = new(model.Loaded!.TextModel);
        Assert.Throws<ChatTemplateException>(() => wrapped.Loaded!.ChatTemplate);
    }

    [Theory]
    [InlineData("cuda", 1, "cuda:1")]
    [InlineData("mps", null, "mps")]
    [InlineData("torch", null, "torch")]
    public async Task A_missing_device_falls_back_with_a_warning_when_allowed(string device, int? gpu, string named)
    {
        FakeLogCollector log = new();
        using ServiceProvider services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log)))
            .AddRetNet(options => (options.ModelPath, options.Device, options.GpuDeviceId,
                options.FallbackToCpu) = (ModelPaths.RetNet, device, gpu, true))
            .BuildServiceProvider();

        ModelInfo info = (await services.GetRequiredService<SharedModel>().GetAsync()).TextModel.Model.Info;

        Assert.Equal(ComputeDevice.Cpu, info.Device);
        string warning = Assert.Single(log.GetSnapshot(), message => message.Level == LogLevel.Warning).Message;
        Assert.Contains($"runs on the CPU, not on {named}: Device {named} needs the package RetNet.Extensions.TorchSharp", warning,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CPU_that_replaces_a_device_keeps_half_precision_as_bfloat16()
    {
        using SharedModel model = new(new RetNetOptions
        {
            ModelPath = ModelPaths.RetNet,
            Device = "cuda",
            FallbackToCpu = true,
            WeightFormat = WeightFormat.Float16
        });

        Assert.Equal(WeightFormat.BFloat16, (await model.GetAsync()).TextModel.Model.Info.WeightFormat);
    }

    [Fact]
    public async Task A_CPU_that_automatic_choice_found_keeps_half_precision_as_bfloat16_with_a_warning()
    {
        FakeLogCollector log = new();
        using ServiceProvider services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log)))
            .AddRetNet(options => (options.ModelPath, options.Device, options.WeightFormat,
                options.FallbackToCpu) = (ModelPaths.RetNet, "Auto", WeightFormat.Float16, true))
            .BuildServiceProvider();

        Assert.Equal(
            WeightFormat.BFloat16, (await services.GetRequiredService<SharedModel>().GetAsync()).TextModel.Model.Info.WeightFormat);
        string warning = Assert.Single(log.GetSnapshot(), message => message.Level == LogLevel.Warning).Message;
        Assert.Contains("BFloat16", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_device_that_nobody_validated_is_an_error_of_the_load()
    {
        using SharedModel model = new(new RetNetOptions { ModelPath = ModelPaths.RetNet, Device = "cuda:2" });

        DeviceException failure = await Assert.ThrowsAsync<DeviceException>(async () => await model.GetAsync());

        Assert.Equal(new ComputeDevice(DeviceKind.Cuda, 2), failure.Device);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("CPU")]
    public async Task Cpu_is_taken_silently(string device)
    {
        FakeLogCollector log = new();
        using ServiceProvider services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log)))
            .AddRetNet(options => (options.ModelPath, options.Device) = (ModelPaths.RetNet, device))
            .BuildServiceProvider();

        await services.GetRequiredService<SharedModel>().GetAsync();

        Assert.DoesNotContain(log.GetSnapshot(), message => message.Level >= LogLevel.Warning);
    }
}
