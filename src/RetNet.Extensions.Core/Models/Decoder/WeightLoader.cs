using System.Numerics.Tensors;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Takes a model's weights out of a checkpoint, which was checked against their layout, counts them and owns their memory. Nothing
/// is read from the checkpoint's files afterwards; where its tensors lie in memory, it must live as long.</summary>
/// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
internal sealed unsafe class WeightLoader(Checkpoint checkpoint, WeightLayout layout, WeightFormat format, int threads) : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<WeightFormat, long> _bytes = [];

    /// <summary>The format of most bytes of the matrices.</summary>
    public WeightFormat Format => _bytes.MaxBy(pair => pair.Value).Key;

    public long Parameters { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Bytes that are not read for a token: embeddings of which only single rows are, and experts that are not chosen.</summary>
    public long UnreadBytes { get; private set; }

    /// <summary>The adapters that are held beside the weights; null for none.</summary>
    public HeldAdapters? Adapters { get; private set; }

    public CheckpointWeights Tensors { get; } = new(layout, checkpoint);

    /// <summary>Loads a model, which owns the loader from then on; releases what was loaded if that fails.</summary>
    /// <exception cref="InsufficientMemoryException">There is not enough memory; the message says how much each format takes.</exception>
    public static TModel Load<TModel>(
        Checkpoint checkpoint, WeightLayout layout, ModelLoadOptions options, Func<WeightLoader, TModel> create)
    {
        IReadOnlyList<ModelAdapter> held = options.CheckedHeldAdapters;
        WeightLoader loader = new(checkpoint, layout, options.WeightFormat, options.ResolvedThreads);
        long weights = layout.Weights.Sum(weight => weight.Length);
        WeightMemory.Require(
            checkpoint.Path, weights, WeightMemory.Bytes(weights, loader.Tensors.StoredBytes, options.WeightFormat),
            AvailableMemory.Bytes);
        try
        {
            if (held.Count > 0)
                loader._owned.Add(loader.Adapters = new HeldAdapters(held, checkpoint));
            return create(loader);
        }
        catch (OutOfMemoryException exception)
        {
            loader.Dispose();
            throw WeightMemory.Insufficient(checkpoint.Path, weights, exception.Message, exception);
        }
        catch
        {
            loader.Dispose();
            throw;
        }
    }

    /// <summary>An embedding of which only single rows are read.</summary>
    /// <param name="embedding">Its weight.</param>
    /// <param name="head">A head that is tied to it, which has the embedding's rows, unless it was rounded; null for none.</param>
    public EmbeddingTable Embedding(WeightDeclaration embedding, WeightMatrix? head)
    {
        TensorView tensor = Tensors[embedding];
        if (head?.Keeps(tensor.Type) == true)
            return new EmbeddingTable(head);
        EmbeddingTable table = new(tensor, threads);
        _owned.Add(table);
        if (head is null)
            Parameters += tensor.ElementCount;
        Bytes += tensor.ByteLength;
        CountUnread(tensor.ByteLength);
        return table;
    }

    /// <summary>W of a linear layer in the loader's format.</summary>
    public WeightMatrix Matrix(WeightDeclaration weight) => Matrix(weight, format);

    /// <summary>W of a linear layer.</summary>
    public WeightMatrix Matrix(WeightDeclaration weight, WeightFormat kept)
    {
        TensorView tensor = Tensors[weight];
        WeightMatrix matrix = WeightMatrix.Create(tensor.Stored, kept, threads);
        _owned.Add(matrix);
        Parameters += tensor.ElementCount;
        Bytes += matrix.ByteSize;
        _bytes[matrix.Format] = _bytes.GetValueOrDefault(matrix.Format) + matrix.ByteSize;
        return matrix;
    }

    /// <summary>W of a projection or of a feed-forward network, with what adapters that are held add to it.</summary>
    public WeightMatrix Projection(WeightDeclaration weight)
    {
        WeightMatrix matrix = Matrix(weight);
        Adapters?.Attach(Tensors.NameOf(weight), Tensors.RowsOf(weight), matrix);
        return matrix;
    }

    /// <summary>A norm's weight or a bias, <c>[length]</c>, in float32; null for one that the model does not have.</summary>
    public float* Vector(WeightDeclaration? weight)
    {
        if (weight is null)
            return null;
        NativeBuffer<float> memory = new(weight.Length);
        _owned.Add(memory);
        Tensors[weight].CopyTo(memory.Span);
        if (weight.Added != 0)
            TensorPrimitives.Add(memory.Span, weight.Added, memory.Span);
        Parameters += weight.Length;
        Bytes += weight.Length * sizeof(float);
        return memory.Pointer;
    }

    /// <summary>Counts bytes of the weights that a token does not read.</summary>
    public void CountUnread(long bytes) => UnreadBytes += bytes;

    /// <summary>Releases all weights.</summary>
    public void Dispose()
    {
        foreach (IDisposable memory in _owned)
            memory.Dispose();
    }
}
