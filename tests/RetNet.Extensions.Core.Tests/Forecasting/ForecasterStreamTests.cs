using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class ForecasterStreamTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-forecaster-").FullName;

    public ForecasterStreamTests()
    {
        using TrainableForecaster model = TrainableForecaster.Create(ForecasterConfiguration.Create("retnet", 16, 1, 2), 1, 1);
        model.Save(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Streams_give_the_forecaster_of_the_files()
    {
        double[] values = [.. Enumerable.Range(0, 50).Select(t => 10 + Math.Sin(t))];
        using Forecaster files = Forecaster.Load(_folder);
        using Stream configuration = Open("config.json"), weights = Open("model.safetensors");
        using Forecaster streams = Forecaster.FromStreams(configuration, weights);

        Assert.Equal(files.Fingerprint, streams.Fingerprint);
        Assert.Equal(files.Forecast(values, 30).Values, streams.Forecast(values, 30).Values);
    }

    [Fact]
    public void What_is_in_the_wrong_stream_is_an_error()
    {
        using Stream configuration = Open("config.json"), weights = Open("model.safetensors");

        Assert.Throws<CheckpointException>(() => Forecaster.FromStreams(weights, configuration));
    }

    private FileStream Open(string name) => File.OpenRead(Path.Combine(_folder, name));
}
