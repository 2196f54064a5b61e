using Microsoft.ML;
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
        List<LoggingEventArgs> log = [];
        context.Log += (_, entry) => log.Add(entry);

        Fit(context).Dispose();

        Assert.Contains(log, entry => entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning && entry.RawMessage.Contains("GpuDeviceId is 0", StringComparison.Ordinal));
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

    private static RetNetEmbeddingTransformer Fit(MLContext context, int? gpuDeviceId = null, bool? fallbackToCpu = null) =>
        context.Transforms.Text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
        {
            OutputColumnName = "Features",
            InputColumnName = "Text",
            ModelPath = TinyModel.Path,
            GpuDeviceId = gpuDeviceId,
            FallbackToCpu = fallbackToCpu,
        }).Fit(context.Load());
}
