using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>Operations around retention that inference and training of a RetNet share.</summary>
internal static class TorchRetNetMath
{
    /// <summary>The widths of q, k, v and, where there is one, the gate in their common projection.</summary>
    public static long[] ProjectionWidths(RetNetConfiguration c)
    {
        long[] widths = [c.Heads * c.KeyWidth, c.KeyValueHeads * c.KeyWidth, c.KeyValueHeads * c.ValueWidth];
        return c.UseOutputGate ? [.. widths, c.Heads * c.ValueWidth] : widths;
    }

    /// <summary>Queries and keys with the scale dk^−½ (fla puts it on q, torchscale on k), rotated to absolute positions; keys once for
    /// every query head.</summary>
    /// <param name="c">The dimensions.</param>
    /// <param name="scale">dk^−½.</param>
    /// <param name="query"><c>[rows × H·dk]</c>.</param>
    /// <param name="key"><c>[rows × G·dk]</c>.</param>
    /// <param name="cosines"><c>[rows × 1 × pairs]</c>.</param>
    /// <param name="sines"><c>[rows × 1 × pairs]</c>.</param>
    /// <returns>Both <c>[rows × H × dk]</c>, float32.</returns>
    public static (Tensor Query, Tensor Key) ScaleAndRotate(
        RetNetConfiguration c, float scale, Tensor query, Tensor key, Tensor cosines, Tensor sines)
    {
        Tensor q = query.to(torch.float32).reshape(-1, c.Heads, c.KeyWidth);
        Tensor k = key.to(torch.float32).reshape(-1, c.KeyValueHeads, c.KeyWidth);
        if (c.Dialect == RetNetDialect.Fla)
            (q, k) = (TorchMath.RotateHalves(q * scale, cosines, sines), TorchMath.RotateHalves(k, cosines, sines));
        else
            (q, k) = (TorchMath.RotateInterleaved(q, cosines, sines), TorchMath.RotateInterleaved(k * scale, cosines, sines));
        return (q, RepeatHeads(k, c.KeyValueHeads, c.Heads));
    }

    /// <summary>Rows of key-value heads, once for every query head.</summary>
    /// <param name="rows"><c>[rows × G·width]</c>.</param>
    /// <param name="from">G.</param>
    /// <param name="to">H.</param>
    /// <returns><c>[rows × H × width]</c>.</returns>
    public static Tensor PerHead(Tensor rows, int from, int to) => RepeatHeads(rows.reshape(rows.size(0), from, -1), from, to);

    /// <summary>The feed-forward network's act(gate) ⊙ up.</summary>
    public static Tensor Activate(RetNetActivation activation, Tensor gate, Tensor up) => activation switch
    {
        RetNetActivation.Gelu => torch.nn.functional.gelu(gate) * up,
        RetNetActivation.Relu => torch.nn.functional.relu(gate) * up,
        _ => TorchMath.SiluGate(gate, up),
    };

    private static Tensor RepeatHeads(Tensor heads, int from, int to) => from == to ? heads : heads.repeat_interleave(to / from, 1);
}
