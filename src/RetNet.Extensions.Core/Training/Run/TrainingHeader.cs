using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>The JSON header of a training's checkpoint, and the history of its steps behind it.</summary>
internal static class TrainingHeader
{
    // There is room to add to a count: as ticks of 100 ns these are 14 millennia.
    private const long LargestCount = long.MaxValue / 2;

    // A run that got a time limit, or lost it, goes on.
    private const string OnlyWithoutTimeLimit = nameof(TrainingOptions.Epochs);

    // Loss, learning rate and norm of a step, and the validation loss after it; NaN for none.
    private const int PointLength = 4 * sizeof(double);

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
            return new TrainingStatus
            {
                Tokens = ReadCount(root, "tokens", file),
                EarlierTime = new TimeSpan(ReadCount(root, "ticks", file)),
            };
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CheckpointException(file,
                $"a header that is not that of a training checkpoint ({CheckpointException.Quote(e.Message)})", "the status", e);
        }
    }

    /// <summary>Writes the number of steps and their points, which are not in the header, because a long training has millions.</summary>
    public static void WriteHistory(Stream stream, IReadOnlyList<TrainingPoint> history)
    {
        Span<byte> bytes = stackalloc byte[PointLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, history.Count);
        stream.Write(bytes[..sizeof(long)]);
        foreach (TrainingPoint point in history)
        {
            Span<double> values = [point.Loss, point.LearningRate, point.GradientNorm, point.ValidationLoss ?? double.NaN];
            stream.Write(MemoryMarshal.AsBytes(values));
        }
    }

    /// <summary>Adds the points that <see cref="WriteHistory"/> wrote.</summary>
    /// <exception cref="CheckpointException">There are none, or one holds what no training has written.</exception>
    public static void ReadHistory(Stream stream, string file, TrainingStatus status)
    {
        Span<byte> bytes = stackalloc byte[PointLength];
        stream.ReadExactly(bytes[..sizeof(long)]);
        long count = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (count < 0 || count > (stream.Length - stream.Position) / PointLength)
            throw new CheckpointException(file, $"a history of {count} steps", "one inside the file");
        while (status.Step < count)
        {
            stream.ReadExactly(bytes);
            ReadOnlySpan<double> values = MemoryMarshal.Cast<byte, double>(bytes);
            if (double.IsInfinity(values[0]) || !double.IsFinite(values[1]) || !double.IsFinite(values[2]) || double.IsInfinity(values[3]))
                throw new CheckpointException(file, $"a number of step {status.Step + 1} that is not finite", "finite numbers");
            status.Add(new TrainingPoint(
                status.Step + 1, values[0], double.IsNaN(values[3]) ? null : values[3], values[1], values[2]));
        }
    }

    private static long ReadCount(JsonElement root, string name, string file)
    {
        long count = root.GetProperty(name).GetInt64();
        return count is >= 0 and <= LargestCount
            ? count
            : throw CheckpointException.ForOption(file, name, $"{count}", $"0 to {LargestCount}");
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
