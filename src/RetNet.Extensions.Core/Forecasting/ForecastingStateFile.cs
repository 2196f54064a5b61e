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
            writer.Write(state.Views.Length);
            writer.Write(state.SeasonLengths.Count);
            foreach (int season in state.SeasonLengths)
                writer.Write(season);
            foreach (SeriesView view in state.Views)
            {
                view.Memory.Save(writer);
                foreach (float value in view.Predicted)
                    writer.Write(value);
            }
        });
        foreach (SeriesView view in state.Views)
            view.Decoder.Save(stream);
    }

    /// <exception cref="InvalidDataException">The stream does not hold a state of this forecaster, or is damaged.</exception>
    public static ForecastingState Read(Forecaster forecaster, Stream stream, Func<Stream, SequenceState> restore)
    {
        List<SequenceState> decoders = [];
        try
        {
            using SavedState saved = SavedState.Read(stream);
            SeriesOptions options = ReadOptions(forecaster, saved.Reader);
            SeriesView[] views = forecaster.CreateViews(options, () =>
            {
                decoders.Add(restore(stream));
                return decoders[^1];
            });
            foreach (SeriesView view in views)
            {
                view.Memory.Load(saved.Reader);
                foreach (ref float value in view.Predicted.AsSpan())
                    value = saved.Reader.ReadSingle();
            }

            return new ForecastingState(forecaster, views);
        }
        catch (Exception exception)
        {
            decoders.ForEach(decoder => decoder.Dispose());
            if (exception is EndOfStreamException or ArgumentException or FormatException)
                throw new InvalidDataException("The saved state is damaged: " + exception.Message, exception);
            throw;
        }
    }

    private static SeriesOptions ReadOptions(Forecaster forecaster, BinaryReader reader)
    {
        string fingerprint = StateHeader.ReadText(reader);
        if (fingerprint != forecaster.Fingerprint)
        {
            throw new InvalidDataException(
                $"The saved state is of another model: found '{fingerprint}', expected '{forecaster.Fingerprint}'.");
        }

        int views = reader.ReadInt32(), count = reader.ReadInt32();
        if (count is < 0 or > SeriesOptions.MostSeasons)
            throw new InvalidDataException($"The saved state has {count} seasons; expected at most {SeriesOptions.MostSeasons}.");
        int[] seasons = new int[count];
        for (int i = 0; i < count; i++)
            seasons[i] = reader.ReadInt32();
        return new SeriesOptions { SeasonLengths = seasons, Views = views };
    }
}
