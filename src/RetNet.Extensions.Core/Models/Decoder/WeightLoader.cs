using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Takes a model's weights out of a checkpoint, counts them and owns their memory.</summary>
internal sealed unsafe class WeightLoader(Checkpoint checkpoint, TensorReader tensors, WeightFormat format, int threads) : IDisposable
{
    private readonly List<IDisposable> _owned = [checkpoint];
    private readonly Dictionary<WeightFormat, long> _bytes = [];

    /// <summary>The format of most bytes of the matrices.</summary>
    public WeightFormat Format => _bytes.MaxBy(pair => pair.Value).Key;

    public long Parameters { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Bytes of embeddings of which only single rows are read.</summary>
    public long LookupBytes { get; private set; }

    public TensorReader Tensors => tensors;

    /// <summary>An embedding, <c>[rows × columns]</c>, left where the checkpoint has it.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="rows">The vocabulary.</param>
    /// <param name="columns">The model width.</param>
    /// <param name="isHead">True when the language-model head has the same weights, which are counted there.</param>
    public TensorView Embedding(string name, int rows, int columns, bool isHead)
    {
        TensorView tensor = tensors.Matrix(name, rows, columns);
        if (!isHead)
        {
            Parameters += tensor.ElementCount;
            Bytes += tensor.ByteLength;
            LookupBytes += tensor.ByteLength;
        }

        return tensor;
    }

    /// <summary>A linear layer, <c>[rows × columns]</c>, in the loader's format.</summary>
    public WeightMatrix Matrix(string name, int rows, int columns) => Matrix(tensors.Matrix(name, rows, columns));

    public WeightMatrix Matrix(TensorView tensor)
    {
        WeightMatrix matrix = WeightMatrix.Create(tensor.Stored, format, threads);
        _owned.Add(matrix);
        tensor.Trim();
        Parameters += tensor.ElementCount;
        Bytes += matrix.ByteSize;
        _bytes[matrix.Format] = _bytes.GetValueOrDefault(matrix.Format) + matrix.ByteSize;
        return matrix;
    }

    /// <summary>A norm's weight or a bias, <c>[length]</c>, in float32.</summary>
    public float* Vector(string name, int length)
    {
        NativeBuffer<float> memory = new(length);
        _owned.Add(memory);
        tensors.Vector(name, length).CopyTo(memory.Span);
        Parameters += length;
        Bytes += (long)length * sizeof(float);
        return memory.Pointer;
    }

    /// <summary>Releases all weights and the checkpoint.</summary>
    public void Dispose()
    {
        foreach (IDisposable memory in _owned)
            memory.Dispose();
    }
}
