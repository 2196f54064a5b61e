using System.Buffers.Binary;
using System.Security.Cryptography;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>
/// The file that a training is resumed from: a header of JSON (status, history, and fingerprints of the options, model and data that must
/// be the same), the weights and the best weights as safetensors, the optimiser's moments, the state that is carried from step to step, and
/// the SHA-256 of all of that. The content is only looked at when the file has that hash.
/// </summary>
internal sealed class TrainingCheckpoint(string file, TrainingTask task, TrainingOptions options, AdamW optimizer, BestWeights? best)
{
    private const int BufferLength = 1 << 16;
    private const int MaximumHeaderLength = 1 << 30;

    // Hashes of all data: computed once.
    private readonly Dictionary<string, string> _fingerprint = new(options.Fingerprint().Concat(task.Fingerprint()));

    /// <summary>Whether the file is of this training: it was written or read.</summary>
    public bool IsOfRun { get; private set; }

    private static ReadOnlySpan<byte> Magic => "RetNet training 2\n"u8;

    /// <summary>Replaces the file.</summary>
    public void Write(TrainingStatus status, TimeSpan elapsed)
    {
        AtomicFile.Write(file, stream =>
        {
            using SHA256 hash = SHA256.Create();
            using (CryptoStream hashed = new(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
                WriteContent(hashed, status, elapsed);
            stream.Write(hash.Hash);
        });
        IsOfRun = true;
    }

    /// <summary>Reads the file into the task's parameters, the optimiser, the best weights and the carried state.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or of another training.</exception>
    public TrainingStatus Read()
    {
        try
        {
            using BufferedStream stream = new(RegularFile.Open(file), BufferLength);
            RequireHash(stream);
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
                    parameter.SetValues(weights.Tensors[parameter.Name].ToFloats());
            }

            if (best is not null)
            {
                using SafetensorsFile weights = ReadWeights(stream);
                best.Read(weights);
            }

            optimizer.Restore(stream);
            task.RestoreState(stream);
            long rest = stream.Length - SHA256.HashSizeInBytes - stream.Position;
            if (rest != 0)
                throw new CheckpointException(file, $"{rest} bytes behind its content", "none");
            IsOfRun = true;
            return status;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new CheckpointException(file, $"an error on reading it ({e.Message})", "a complete training checkpoint", e);
        }
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

    /// <summary>Compares the mark and the hash of the file, and leaves the stream behind the mark.</summary>
    private void RequireHash(Stream stream)
    {
        Span<byte> mark = stackalloc byte[Magic.Length], expected = stackalloc byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(mark);
        if (!mark.SequenceEqual(Magic))
            throw new CheckpointException(file, "other content", "a training's checkpoint of this version");

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(mark);
        byte[] block = new byte[BufferLength];
        for (long left = stream.Length - stream.Position - expected.Length; left > 0;)
        {
            Span<byte> piece = block.AsSpan(0, (int)Math.Min(left, block.Length));
            stream.ReadExactly(piece);
            hash.AppendData(piece);
            left -= piece.Length;
        }

        stream.ReadExactly(expected);
        byte[] found = hash.GetHashAndReset();
        if (!found.AsSpan().SequenceEqual(expected))
        {
            throw new CheckpointException(file, $"damage: the SHA-256 {Convert.ToHexStringLower(found)}",
                Convert.ToHexStringLower(expected));
        }

        stream.Position = mark.Length;
    }

    private void WriteContent(Stream stream, TrainingStatus status, TimeSpan elapsed)
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
    }
}
