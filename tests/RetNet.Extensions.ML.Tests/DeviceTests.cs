using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class DeviceTests
{
    [Fact]
    public void A_GPU_that_cannot_be_had_is_an_error_that_says_how_to_go_on()
    {
        MLContext context = new() { GpuDeviceId = 1, FallbackToCpu = false };

        Exception exception = Assert.Throws<InvalidOperationException>(() => Fit(context));

        Assert.Contains("GpuDeviceId is 1", exception.Message, StringComparison.Ordinal);
        Assert.Contains("FallbackToCpu", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_FallbackToCpu_it_is_a_warning_in_the_log()
    {
        MLContext context = new() { GpuDeviceId = 0, FallbackToCpu = true };
        List<LoggingEventArgs> log = Log(context);

        Fit(context).Dispose();

        Assert.Contains(
            log, entry =>
                entry.Kind == ChannelMessageKind.Warning && entry.RawMessage.Contains("GpuDeviceId is 0", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_replaces_a_GPU_unless_told_so() => Assert.False(new MLContext().FallbackToCpu);

    [Fact]
    public void Options_win_over_the_context()
    {
        MLContext context = new() { GpuDeviceId = null, FallbackToCpu = true };

        Assert.Throws<InvalidOperationException>(() => Fit(context, gpuDeviceId: 2, fallbackToCpu: false));
        Fit(context, gpuDeviceId: 2).Dispose();
    }

    [Fact]
    public void The_device_is_not_saved_and_resolved_again_where_the_model_is_loaded()
    {
        MLContext context = new();
        using RetNetEmbeddingTransformer transformer = Fit(context, gpuDeviceId: 3, fallbackToCpu: true);
        using ModelArchiveFile file = ModelArchiveFile.Save(context, transformer, context.Load().Schema);

        ((IDisposable)file.Load(new MLContext())).Dispose();
        ((IDisposable)file.Load(new MLContext { GpuDeviceId = 0, FallbackToCpu = true })).Dispose();
        Exception exception = Assert.ThrowsAny<Exception>(() => file.Load(new MLContext { GpuDeviceId = 0, FallbackToCpu = false }));
        Assert.Contains("GpuDeviceId is 0", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_with_half_precision_is_loaded_on_the_CPU_as_bfloat16()
    {
        MLContext context = new();
        using RetNetEmbeddingTransformer transformer = Fit(context, weightFormat: WeightFormat.Float16);
        using ModelArchiveFile file = ModelArchiveFile.Save(context, transformer, context.Load().Schema);
        MLContext other = new();
        List<LoggingEventArgs> log = Log(other);

        ((IDisposable)file.Load(other)).Dispose();

        Assert.Contains(
            log, entry =>
                entry.Kind == ChannelMessageKind.Warning && entry.RawMessage.Contains("WeightFormat is Float16", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(WeightFormat.Float16, "cpu", WeightFormat.BFloat16)]
    [InlineData(WeightFormat.Int8, "cpu", WeightFormat.Int8)]
    [InlineData(WeightFormat.Float16, "cuda:1", WeightFormat.Float16)]
    [InlineData(WeightFormat.Int8, "cuda:1", WeightFormat.Auto)]
    [InlineData(WeightFormat.Int4, "cuda:1", WeightFormat.Auto)]
    public void A_format_that_a_device_does_not_have_is_replaced_with_a_warning(WeightFormat asked, string device, WeightFormat expected)
    {
        MLContext context = new();
        List<LoggingEventArgs> log = Log(context);
        ModelLoadOptions? given = null;
        Assert.True(ComputeDevice.TryParse(device, out ComputeDevice there));

        Device.Load(Host(context), there, fallbackToCpu: false, new ModelLoadOptions { WeightFormat = asked },
            OnTheCpu(options => given = options)).Dispose();

        Assert.Equal((there, expected), (given!.Device, given.WeightFormat));
        Assert.Equal(asked == expected ? 0 : 1, log.Count(entry => entry.Kind == ChannelMessageKind.Warning));
    }

    [Theory]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.BFloat16)]
    public void The_CPU_that_replaces_a_full_GPU_has_the_format_that_was_asked_for(WeightFormat asked)
    {
        ModelLoadOptions? given = null;

        Device.Load(Host(new MLContext()), new ComputeDevice(DeviceKind.Cuda), fallbackToCpu: true,
            new ModelLoadOptions { WeightFormat = asked }, OnTheCpu(Full(options => given = options))).Dispose();

        Assert.Equal((ComputeDevice.Cpu, asked), (given!.Device, given.WeightFormat));
    }

    [Fact]
    public void A_trained_model_that_the_GPU_has_no_room_for_is_handed_back_on_the_CPU_with_a_warning()
    {
        MLContext context = new() { FallbackToCpu = false };
        List<LoggingEventArgs> log = Log(context);

        using HeldModel model = Device.LoadTrained(Host(context), new ComputeDevice(DeviceKind.Cuda), new ModelLoadOptions(),
            OnTheCpu(Full(_ => { })));

        Assert.Equal(ComputeDevice.Cpu, model.Text.Model.Info.Device);
        Assert.Contains(
            log, entry =>
                entry.Kind == ChannelMessageKind.Warning && entry.RawMessage.Contains("cuda:0 is full", StringComparison.Ordinal));
    }

    private static List<LoggingEventArgs> Log(MLContext context)
    {
        List<LoggingEventArgs> log = [];
        context.Log += (_, entry) => log.Add(entry);
        return log;
    }

    private static IHost Host(MLContext context) => ((IHostEnvironment)context).Register(nameof(DeviceTests));

    private static Func<ModelLoadOptions, HeldModel> OnTheCpu(Action<ModelLoadOptions> told) => options =>
    {
        told(options);
        return HeldModel.Open(TinyModel.Path, new ModelLoadOptions { Threads = 1 });
    };

    private static Action<ModelLoadOptions> Full(Action<ModelLoadOptions> told) => options =>
    {
        if (options.Device != ComputeDevice.Cpu)
            throw new DeviceMemoryException(options.Device, $"{options.Device} is full.");
        told(options);
    };

    private static RetNetEmbeddingTransformer Fit(
        MLContext context, int? gpuDeviceId = null, bool? fallbackToCpu = null, WeightFormat weightFormat = WeightFormat.Auto) =>
        context.Transforms.Text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
        {
            OutputColumnName = "Features",
            InputColumnName = "Text",
            ModelPath = TinyModel.Path,
            GpuDeviceId = gpuDeviceId,
            FallbackToCpu = fallbackToCpu,
            WeightFormat = weightFormat,
        }).Fit(context.Load());
}
