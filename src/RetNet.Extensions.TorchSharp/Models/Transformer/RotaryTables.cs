using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>The rotary embeddings of some rows, for inference and for training: cosines and sines, and the growth of queries.</summary>
internal sealed class RotaryTables
{
    private readonly TransformerConfiguration _c;
    private readonly (Tensor Cosines, Tensor Sines) _global;
    private readonly (Tensor Cosines, Tensor Sines)? _local;
    private readonly Tensor? _growth;

    /// <param name="c">The model's configuration.</param>
    /// <param name="positions">The position of each row's token.</param>
    /// <param name="sequences">The number of rows of each sequence, one after the other, and its length when its input is done.</param>
    /// <param name="frequencies">Rotary angle per position of each pair in a short sequence, <c>[pairs]</c>.</param>
    /// <param name="localFrequencies">Those of the layers with local rotation, <c>[pairs]</c>; null for none.</param>
    public RotaryTables(
        TransformerConfiguration c, long[] positions, IReadOnlyList<(int Rows, long Length)> sequences, Tensor frequencies,
        Tensor? localFrequencies)
    {
        _c = c;

        // The reference implementations form the angle in float32, and so do we.
        Tensor places = torch.tensor(positions, torch.int64, frequencies.device).to(torch.float32).unsqueeze(1);
        Tensor own = c.LengthOfRotarySwitch is { } last && sequences.Any(sequence => sequence.Length > last)
            ? FrequenciesOfRows(c, sequences, frequencies.device)
            : frequencies;
        _global = Table(own, c.RotaryFactor(LayerRotation.Global));
        if (localFrequencies is not null)
            _local = Table(localFrequencies, 1);
        if (c.QueryGrowth != 0)
        {
            float[] growth = Array.ConvertAll(positions, position => 1 + (c.QueryGrowth * MathF.Log(1 + (position / c.QueryGrowthLength))));
            _growth = torch.tensor(growth, torch.float32, frequencies.device).reshape(-1, 1, 1);
        }

        (Tensor, Tensor) Table(Tensor perPosition, float factor)
        {
            Tensor angles = places * perPosition;
            Tensor cosines = angles.cos().unsqueeze(1), sines = angles.sin().unsqueeze(1);
            return factor == 1 ? (cosines, sines) : (cosines * factor, sines * factor);
        }
    }

    /// <summary>Rotates keys as a layer does.</summary>
    /// <param name="heads"><c>[rows × heads × w]</c>, float32.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>As <paramref name="heads"/>.</returns>
    public Tensor Rotate(Tensor heads, int layer)
    {
        LayerRotation rotation = _c.Rotation(layer);
        if (rotation == LayerRotation.None)
            return heads;
        (Tensor cosines, Tensor sines) = rotation == LayerRotation.Local ? _local!.Value : _global;
        if (_c.RotaryWidth == _c.HeadWidth)
            return Turn(heads);
        Tensor rotated = Turn(heads.narrow(-1, 0, _c.RotaryWidth));
        return torch.cat([rotated, heads.narrow(-1, _c.RotaryWidth, _c.HeadWidth - _c.RotaryWidth)], -1);

        Tensor Turn(Tensor part) => _c.RotatesNeighbours
            ? TorchMath.RotateInterleaved(part, cosines, sines)
            : TorchMath.RotateHalves(part, cosines, sines);
    }

    /// <summary>As <see cref="Rotate"/>, and lets queries grow with their position where the configuration says so.</summary>
    /// <inheritdoc cref="Rotate"/>
    public Tensor RotateQueries(Tensor heads, int layer) => _growth is null ? Rotate(heads, layer) : Rotate(heads, layer) * _growth;

    private static Tensor FrequenciesOfRows(
        TransformerConfiguration c, IReadOnlyList<(int Rows, long Length)> sequences, torch.Device device)
    {
        List<float> all = [];
        foreach ((int rows, long length) in sequences)
        {
            float[] own = c.ComputeRotaryFrequencies(LayerRotation.Global, length);
            for (int row = 0; row < rows; row++)
                all.AddRange(own);
        }

        return torch.tensor(all.ToArray(), torch.float32, device).reshape(-1, c.RotaryWidth / 2);
    }
}
