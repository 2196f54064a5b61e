using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>
/// The file that a training is resumed from: a header of JSON (status, and fingerprints of the options, model and data that must be the
/// same), the history of its steps, the weights and the best weights in the order of the parameters, the optimiser's moments, the state
/// that is carried from step to step, and the SHA-256 of all of that. The content is only looked at when the file has that hash.
/// </summary>
internal sealed class TrainingCheckpoint(string file, TrainingTask task, TrainingOptions options, AdamW optimizer, BestWeights? best)
{
    private const int BufferLength = 1 << 16;
    private const int MaximumHeaderLength = 1 << 30;

    // Hashes of all data: computed once.
    private readonly Dictionary<string, string> _fingerprint = new(options.Fingerprint().Concat(task.Fingerprint()));

    /// <summary>Whether the file is of this training: it was written or read.</summary>
    public bool IsOfRun { get; private set; }

    private static ReadOnlySpan<byte> Name => "RetNet training "u8;

    private static ReadOnlySpan<byte> Magic => "RetNet training 3\n"u8;

    /// <summary>Replaces the file.</summary>
    public void Write(TrainingStatus status, TimeSpan elapsed)
    {
        RequireLittleEndian();
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
        RequireLittleEndian();
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
            TrainingHeader.ReadHistory(stream, file, status);
            ForBlocks((parameter, range, block) =>
            {
                stream.ReadExactly(MemoryMarshal.AsBytes(block));
                parameter.Memory.WriteValues(range, block);
            });
            best?.Load(stream);
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

    // Numbers are written as they are in memory.
    private static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Checkpoints of trainings are written on little-endian processors only.");
    }

    /// <summary>Goes through the values of all parameters, in pieces of a bounded size.</summary>
    private void ForBlocks(BlockAction body)
    {
        float[] block = new float[BufferLength];
        foreach (Parameter parameter in task.Parameters)
        {
            for (long done = 0; done < parameter.Length; done += block.Length)
            {
                int length = (int)Math.Min(block.Length, parameter.Length - done);
                body(parameter, new ParameterRange(parameter.Range.Offset + done, length), block.AsSpan(0, length));
            }
        }
    }

    /// <summary>Compares the mark and the hash of the file, and leaves the stream behind the mark.</summary>
    private void RequireHash(Stream stream)
    {
        Span<byte> mark = stackalloc byte[Magic.Length], expected = stackalloc byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(mark);
        if (!mark.SequenceEqual(Magic))
        {
            string version = mark.StartsWith(Name) ? $"version {(char)mark[^2]} of a training's checkpoint" : "other content";
            throw new CheckpointException(file, version, $"version {(char)Magic[^2]} of a training's checkpoint");
        }

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
        TrainingHeader.WriteHistory(stream, status.History);
        ForBlocks((parameter, range, block) =>
        {
            parameter.Memory.ReadValues(range, block);
            stream.Write(MemoryMarshal.AsBytes(block));
        });
        best?.Save(stream);
        optimizer.Save(stream);
        task.SaveState(stream);
    }

    private delegate void BlockAction(Parameter parameter, ParameterRange range, Span<float> block);
}
