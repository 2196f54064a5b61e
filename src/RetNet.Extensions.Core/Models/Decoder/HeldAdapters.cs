using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Adapters;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The adapters that a model holds beside its weights: y = W x + s · B (A x) for the rows of sequences that ask for one.</summary>
internal sealed class HeldAdapters : IDisposable
{
    private readonly ModelAdapter[] _adapters;
    private readonly List<LoraAdapter> _files = [];
    private readonly HashSet<(int Adapter, string Tensor)> _used = [];

    // [matrix][adapter]; the first matrix stands for those that no adapter changes.
    private readonly List<LowRankProduct?[]> _products = [[]];

    private int _inputs, _rank, _outputs;

    /// <summary>Opens adapters.</summary>
    /// <param name="adapters">The adapters, each of another name.</param>
    /// <param name="model">The model that they are for.</param>
    /// <exception cref="CheckpointException">One is malformed, not supported, or does not fit the model.</exception>
    public HeldAdapters(IEnumerable<ModelAdapter> adapters, Checkpoint model)
    {
        _adapters = [.. adapters];
        List<AdapterInfo> infos = [];
        try
        {
            foreach (ModelAdapter adapter in _adapters)
            {
                LoraAdapter file = LoraAdapter.Open(adapter.Path, adapter.Scale, model);
                _files.Add(file);
                if (file.Replaced.Keys.FirstOrDefault() is { } replaced)
                    throw OnlyMerged(adapter, replaced);
                infos.Add(new AdapterInfo(adapter.Name, file.ComputeFingerprint()));
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Infos = infos;
    }

    /// <summary>The adapters, in their order.</summary>
    public IReadOnlyList<AdapterInfo> Infos { get; }

    public int Count => _adapters.Length;

    /// <summary>Packs what the adapters add to a matrix.</summary>
    /// <param name="tensor">The tensor's name in the checkpoint.</param>
    /// <param name="rows">The matrix's rows in it; null for all of them.</param>
    /// <param name="matrix">The matrix, which is told where its products are.</param>
    public void Attach(string tensor, FusedRows? rows, WeightMatrix matrix)
    {
        if (!_files.Any(file => file.Updates.ContainsKey(tensor)))
            return;
        LowRankProduct?[] products = new LowRankProduct?[_files.Count];
        matrix.Slot = _products.Count;
        _products.Add(products);
        for (int adapter = 0; adapter < products.Length; adapter++)
        {
            if (!_files[adapter].Updates.TryGetValue(tensor, out LowRankUpdate? update))
                continue;
            products[adapter] = new LowRankProduct(update, matrix, rows);
            _used.Add((adapter, tensor));
            (_inputs, _outputs) = (Math.Max(_inputs, matrix.Columns), Math.Max(_outputs, matrix.Rows));
            _rank = Math.Max(_rank, update.Rank);
        }
    }

    /// <summary>Requires that every change of an adapter is one of a matrix that was attached, and closes the files.</summary>
    /// <exception cref="CheckpointException">An adapter changes the embedding, the head or the weights of experts.</exception>
    public void Complete()
    {
        for (int adapter = 0; adapter < _adapters.Length; adapter++)
        {
            if (_files[adapter].Updates.Keys.FirstOrDefault(tensor => !_used.Contains((adapter, tensor))) is { } other)
                throw OnlyMerged(_adapters[adapter], other);
            _files[adapter].Dispose();
        }

        _files.Clear();
    }

    /// <summary>The most inputs, ranks and outputs of a product.</summary>
    public int[] Widths => [_inputs, _rank, _outputs];

    /// <summary>What an adapter adds to a linear layer; null for nothing.</summary>
    public LowRankProduct? Product(int adapter, in LinearPart part) => part.Slot == 0 ? null : _products[part.Slot][adapter];

    public void Dispose()
    {
        foreach (LoraAdapter file in _files)
            file.Dispose();
        foreach (LowRankProduct? product in _products.SelectMany(products => products))
            product?.Dispose();
    }

    private static CheckpointException OnlyMerged(ModelAdapter adapter, string tensor) => CheckpointException.ForTensor(
        adapter.Path, tensor, "a change of it by an adapter that is held beside the weights",
        $"changes of projections and feed-forward networks, or an adapter that is merged ({nameof(ModelAdapter)}."
            + $"{nameof(ModelAdapter.IsMerged)})");
}
