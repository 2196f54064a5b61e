using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The tensors of a checkpoint in the places of a layout. All of them are looked up before the first is copied, so that no
/// memory is reserved for a size that only the configuration names.</summary>
[Experimental("RETNET001")]
public sealed class CheckpointWeights
{
    private readonly WeightLayout _layout;
    private readonly TensorReader _tensors;

    /// <summary>Checks names, shapes and types of all tensors.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public CheckpointWeights(WeightLayout layout, Checkpoint checkpoint)
    {
        _layout = layout;
        _tensors = new TensorReader(checkpoint, layout.OptionalPrefix) { OtherParts = layout.OtherParts };
        foreach (WeightDeclaration weight in layout.Weights)
            Find(weight);
        foreach (WeightDeclaration buffer in StoredBuffers)
            Find(buffer);
        _tensors.RequireAllRead(layout.GuessingLayer is { } layer && _tensors.Contains($"{layer}eh_proj.weight")
            ? [.. layout.Ignorable, $"{layer}*"]
            : layout.Ignorable);
    }

    /// <summary>The bytes that the tensors take in the checkpoint; what is ignored does not count.</summary>
    internal long StoredBytes => _tensors.BytesRead;

    /// <summary>The tensor of a weight of the layout.</summary>
    /// <exception cref="CheckpointException">It is NaN throughout.</exception>
    public TensorView this[WeightDeclaration weight]
    {
        get
        {
            TensorView tensor = Find(weight);
            _tensors.RequireNumbers(tensor);
            return tensor;
        }
    }

    /// <summary>The values of a buffer; null where the checkpoint leaves them to be computed.</summary>
    public float[]? Buffer(WeightDeclaration buffer)
    {
        if (!_tensors.Contains(buffer.Name))
            return null;
        float[] values = new float[buffer.Length];
        this[buffer].CopyTo(values);
        return values;
    }

    /// <summary>Names the model, see <see cref="ModelInfo.Fingerprint"/>.</summary>
    /// <param name="configuration">The model's configuration.</param>
    /// <returns>32 hexadecimal digits.</returns>
    public string Fingerprint(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ModelConfiguration withoutTokens = configuration with { BosTokenId = null, EosTokenIds = [], PadTokenId = null };
        return Fingerprint(withoutTokens.ToJson().ReplaceLineEndings("\n"));
    }

    internal string Fingerprint(string configuration)
    {
        const int digits = 32;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(configuration));
        foreach (WeightDeclaration weight in _layout.Weights.Concat(StoredBuffers))
            AppendSample(hash, Find(weight));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..digits];
    }

    private IEnumerable<WeightDeclaration> StoredBuffers => _layout.Buffers.Where(buffer => _tensors.Contains(buffer.Name));

    // The first, the middle and the last row of a matrix, and a vector whole, as numbers: the same whatever the type.
    private static void AppendSample(IncrementalHash hash, TensorView tensor)
    {
        bool isMatrix = tensor.Shape.Length == 2;
        long rows = isMatrix ? tensor.Shape[0] : 1;
        float[] values = new float[tensor.ElementCount / rows];
        foreach (long row in (ReadOnlySpan<long>)[0, rows / 2, rows - 1])
        {
            (isMatrix ? tensor.Rows(row, 1) : tensor).CopyTo(values);
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    /// <summary>The checkpoint's name of the tensor that holds a weight.</summary>
    internal string NameOf(WeightDeclaration weight) => Find(weight).Name;

    /// <summary>The weight's rows in that tensor; null for all of them.</summary>
    internal FusedRows? RowsOf(WeightDeclaration weight) =>
        weight.Fused is { } fused && !_tensors.Contains(fused.Absent) ? fused : null;

    private TensorView Find(WeightDeclaration weight)
    {
        if (weight.Slices.Count == 0 || _tensors.Contains(weight.Name))
            return FindWhole(weight);
        ExpertSlice slice = weight.Slices.FirstOrDefault(slice => slice.IsIn(_tensors)) ?? weight.Slices[0];
        return slice.Find(_tensors, Array.ConvertAll(weight.Shape, dimension => (long)dimension));
    }

    private TensorView FindWhole(WeightDeclaration weight)
    {
        long[] shape = Array.ConvertAll(weight.Shape, dimension => (long)dimension);
        if (weight.FormerName is { } former && _tensors.Contains(former) && !_tensors.Contains(weight.Name))
            return _tensors.Find(former, shape);
        if (RowsOf(weight) is not { } fused)
            return _tensors.Find(weight.Name, shape);
        TensorView whole = _tensors.Find(fused.Name, [fused.Rows, .. shape[1..]]);
        if (fused.Rows == shape[0])
            return whole;
        return fused.Groups == 1
            ? whole.Rows(fused.First, shape[0])
            : RowGroups.Of(whole, fused.Groups, fused.First, shape[0] / fused.Groups);
    }
}
