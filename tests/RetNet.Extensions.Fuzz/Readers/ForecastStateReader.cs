using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Saved states of series: restored, told of values, and asked for a forecast.</summary>
internal sealed class ForecastStateReader : Reader
{
    private static readonly Forecaster Forecaster = Create();

    public override string Name => "series-states";

    public override IReadOnlyList<byte[]> Seeds { get; } = [Save([], 3, 1), Save([12], 40, 3), Save([7, 365], 101, 3)];

    public override byte[] Mutate(byte[] input, Mutation mutation)
    {
        if (mutation.OnceIn(8))
            return Bytes.Mutate(input, mutation);
        try
        {
            // What is remembered beside the decoder's state, which follows and which StateReader damages.
            using MemoryStream stream = new(input);
            using MemoryStream mutated = new();
            using (SavedState state = SavedState.Read(stream))
            {
                byte[] content = Bytes.Mutate(state.Reader.ReadBytes(input.Length), mutation, 256);
                SavedState.Write(mutated, writer => writer.Write(content));
            }

            stream.CopyTo(mutated);
            return mutated.ToArray();
        }
        catch (InvalidDataException)
        {
            return input;
        }
    }

    public override void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        using ForecastingState state = Forecaster.RestoreState(stream);
        state.Update([1, double.NaN, 3, 4, 5, 6, 7, 8, 9]);
        state.Forecast(40);
    }

    public override bool IsRefusal(Exception exception) => exception is InvalidDataException;

    private static byte[] Save(IReadOnlyList<int> seasons, int steps, int views)
    {
        using ForecastingState state = Forecaster.CreateState(new SeriesOptions { SeasonLengths = seasons, Views = views });
        for (int step = 0; step < steps; step++)
            state.Update(step % 5 == 3 ? double.NaN : step % 7);
        using MemoryStream stream = new();
        state.Save(stream);
        return stream.ToArray();
    }

    private static Forecaster Create()
    {
        string folder = Directory.CreateTempSubdirectory("retnet-fuzz-").FullName;
        try
        {
            ForecasterConfiguration configuration =
                ForecasterConfiguration.Create("retnet", width: 16, layers: 1, heads: 2) with { EmbeddingWidth = 8 };
            using (TrainableForecaster model = TrainableForecaster.Create(configuration, seed: 1, threads: 1))
                model.Save(folder);
            return Forecaster.Load(folder, new ModelLoadOptions { Threads = 1 });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
