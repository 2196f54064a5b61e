using System.Buffers;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>The JSON header of a training's checkpoint.</summary>
internal static class TrainingHeader
{
    // There is room to add to a count: as ticks of 100 ns these are 14 millennia.
    private const long LargestCount = long.MaxValue / 2;

    // A run that got a time limit, or lost it, goes on.
    private const string OnlyWithoutTimeLimit = nameof(TrainingOptions.Epochs);

    public static byte[] Write(TrainingStatus status, TimeSpan elapsed, Dictionary<string, string> fingerprint)
    {
        ArrayBufferWriter<byte> header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            json.WriteNumber("tokens", status.Tokens);
            json.WriteNumber("ticks", elapsed.Ticks);
            json.WriteStartObject("training");
            foreach ((string name, string value) in fingerprint)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteStartArray("history");
            foreach (TrainingPoint point in status.History)
                WritePoint(json, point);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return header.WrittenSpan.ToArray();
    }

    /// <exception cref="CheckpointException">The header is malformed, or of a training with another fingerprint.</exception>
    public static TrainingStatus Read(byte[] header, string file, Dictionary<string, string> fingerprint)
    {
        JsonElement root = RegularFile.ParseJson(header, file);
        try
        {
            RequireSame(root.GetProperty("training"), fingerprint, file);
            TrainingStatus status = new()
            {
                Tokens = ReadCount(root, "tokens", file),
                EarlierTime = new TimeSpan(ReadCount(root, "ticks", file)),
            };
            foreach (JsonElement point in root.GetProperty("history").EnumerateArray())
                status.Add(ReadPoint(point, status.Step + 1));
            return status;
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new CheckpointException(file,
                $"a header that is not that of a training checkpoint ({CheckpointException.Quote(e.Message)})", "status and history", e);
        }
    }

    private static void WritePoint(Utf8JsonWriter json, TrainingPoint point)
    {
        json.WriteStartArray();
        json.WriteNumberValue(point.Loss);
        json.WriteNumberValue(point.LearningRate);
        json.WriteNumberValue(point.GradientNorm);
        if (point.ValidationLoss is { } loss)
            json.WriteNumberValue(loss);
        json.WriteEndArray();
    }

    private static long ReadCount(JsonElement root, string name, string file)
    {
        long count = root.GetProperty(name).GetInt64();
        return count is >= 0 and <= LargestCount
            ? count
            : throw CheckpointException.ForOption(file, name, $"{count}", $"0 to {LargestCount}");
    }

    private static TrainingPoint ReadPoint(JsonElement point, long step)
        => new(step, ReadFinite(point[0]), point.GetArrayLength() > 3 ? ReadFinite(point[3]) : null, ReadFinite(point[1]),
            ReadFinite(point[2]));

    private static double ReadFinite(JsonElement number)
    {
        double value = number.GetDouble();
        return double.IsFinite(value) ? value : throw new FormatException("a number beyond float64");
    }

    private static void RequireSame(JsonElement written, Dictionary<string, string> fingerprint, string file)
    {
        foreach ((string name, string value) in fingerprint)
        {
            string? before = written.TryGetProperty(name, out JsonElement element) ? element.GetString() : null;
            if (before == value || (before is null && name == OnlyWithoutTimeLimit))
                continue;
            bool isOption = char.IsUpper(name[0]);
            string found = before is null ? "nothing" : isOption ? CheckpointException.Quote(before) : $"another {name}";
            throw CheckpointException.ForOption(
                file, name, found, isOption ? $"'{value}', as the resumed training has it" : $"the {name} of the resumed training");
        }

        foreach (JsonProperty option in written.EnumerateObject().Where(option => !fingerprint.ContainsKey(option.Name)
            && option.Name != OnlyWithoutTimeLimit))
        {
            throw CheckpointException.ForOption(file, option.Name, CheckpointException.Quote(option.Value.ToString()),
                "the default, as the resumed training has it");
        }
    }
}
