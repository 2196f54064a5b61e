using System.Buffers.Binary;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>
/// The file that a training is resumed from: a header of JSON (status, history, and fingerprints of the options, model and data that must
/// be the same), the weights and the best weights as safetensors, the optimiser's moments, and the state that is carried from step to step.
/// </summary>
internal sealed class TrainingCheckpoint(string file, TrainingTask task, TrainingOptions options, AdamW optimizer, BestWeights? best)
{
    private const int BufferLength = 1 << 16;
    private const int MaximumHeaderLength = 1 << 30;

    // Hashes of all data: computed once.
    private readonly Dictionary<string, string> _fingerprint = new(options.Fingerprint().Concat(task.Fingerprint()));

    private static ReadOnlySpan<byte> Magic => "RetNet training 1\n"u8;

    private static ReadOnlySpan<byte> EndMark => "end of training\n"u8;

    /// <summary>Replaces the file.</summary>
    public void Write(TrainingStatus status, TimeSpan elapsed)
    {
        AtomicFile.Write(file, stream =>
        {
            stream.Write(Magic);
            byte[] header = TrainingHeader.Write(status, elapsed, _fingerprint);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            SafetensorsWriter.Write(stream, task.Parameters.Select(parameter => parameter.ToTensor()));
            if (best is not null)
                SafetensorsWriter.Write(stream, best.Sources);
            optimizer.Save(stream);
            task.SaveState(stream);
            stream.Write(EndMark);
        });
    }

    /// <summary>Reads the file into the task's parameters, the optimiser, the best weights and the carried state.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or of another training.</exception>
    public TrainingStatus Read()
    {
        try
        {
            using BufferedStream stream = new(RegularFile.Open(file), BufferLength);
            RequireMark(stream, Magic, "a training's checkpoint");
            Span<byte> lengthBytes = stackalloc byte[sizeof(int)];
            stream.ReadExactly(lengthBytes);
            int length = BinaryPrimitives.ReadInt32LittleEndian(lengthBytes);
            if (length < 0 || length > Math.Min(MaximumHeaderLength, stream.Length))
                throw new CheckpointException(file, $"a header of {length} bytes", "a header inside the file");
            byte[] header = new byte[length];
            stream.ReadExactly(header);
            TrainingStatus status = TrainingHeader.Read(header, file, _fingerprint);

            using (SafetensorsFile weights = ReadWeights(stream))
            {
                foreach (Parameter parameter in task.Parameters)
                    parameter.SetValues(Values(weights.Tensors[parameter.Name]));
            }

            if (best is not null)
            {
                using SafetensorsFile weights = ReadWeights(stream);
                best.Read(weights);
            }

            optimizer.Restore(stream);
            task.RestoreState(stream);
            RequireMark(stream, EndMark, "the end of a training checkpoint");
            return status;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new CheckpointException(file, $"an error on reading it ({e.Message})", "a complete training checkpoint", e);
        }
    }

    private static float[] Values(TensorView tensor)
    {
        float[] values = new float[tensor.ElementCount];
        tensor.CopyTo(values);
        return values;
    }

    private SafetensorsFile ReadWeights(Stream stream)
    {
        SafetensorsFile weights = SafetensorsFile.Read(stream, file);
        foreach (Parameter parameter in task.Parameters)
        {
            if (!weights.Tensors.TryGetValue(parameter.Name, out TensorView? tensor) || tensor.Type != TensorType.Float32
                || tensor.ElementCount != parameter.Length)
            {
                weights.Dispose();
                throw CheckpointException.ForTensor(file, parameter.Name, "no float32 tensor of that name and size",
                    $"{parameter.Length} elements");
            }
        }

        return weights;
    }

    private void RequireMark(Stream stream, ReadOnlySpan<byte> mark, string expected)
    {
        Span<byte> found = stackalloc byte[mark.Length];
        stream.ReadExactly(found);
        if (!found.SequenceEqual(mark))
            throw new CheckpointException(file, "other content", expected);
    }
}
