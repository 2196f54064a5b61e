using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>A forecasting state in a stream: what is remembered beside the decoder's state, and that state, each with a checksum.</summary>
internal static class ForecastingStateFile
{
    public static void Write(Forecaster forecaster, ForecastingState state, Stream stream)
    {
        SavedState.Write(stream, writer =>
        {
            writer.Write(forecaster.Fingerprint);
            writer.Write(state.SeasonLengths.Count);
            foreach (int season in state.SeasonLengths)
                writer.Write(season);
            state.Memory.Save(writer);
            foreach (float value in state.Predicted)
                writer.Write(value);
        });
        state.Decoder.Save(stream);
    }

    /// <exception cref="InvalidDataException">The stream does not hold a state of this forecaster, or is damaged.</exception>
    public static ForecastingState Read(Forecaster forecaster, Stream stream, Func<Stream, SequenceState> restore)
    {
        try
        {
            using SavedState saved = SavedState.Read(stream);
            BinaryReader reader = saved.Reader;
            string fingerprint = StateHeader.ReadText(reader);
            if (fingerprint != forecaster.Fingerprint)
            {
                throw new InvalidDataException(
                    $"The saved state is of another model: found '{fingerprint}', expected '{forecaster.Fingerprint}'.");
            }

            int count = reader.ReadInt32();
            if (count is < 0 or > SeriesOptions.MostSeasons)
                throw new InvalidDataException($"The saved state has {count} seasons; expected at most {SeriesOptions.MostSeasons}.");
            int[] seasons = new int[count];
            for (int i = 0; i < count; i++)
                seasons[i] = reader.ReadInt32();
            SeriesMemory memory = new(forecaster.Configuration.Shape, new SeriesOptions { SeasonLengths = seasons }.CheckedSeasons());
            memory.Load(reader);
            float[] predicted = new float[forecaster.Configuration.Quantiles];
            foreach (ref float value in predicted.AsSpan())
                value = reader.ReadSingle();
            ForecastingState state = new(forecaster, memory, restore(stream));
            predicted.CopyTo(state.Predicted);
            return state;
        }
        catch (Exception exception) when (exception is EndOfStreamException or ArgumentException or FormatException)
        {
            throw new InvalidDataException("The saved state is damaged: " + exception.Message, exception);
        }
    }
}
