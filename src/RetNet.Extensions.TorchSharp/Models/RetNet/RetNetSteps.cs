using System.Globalization;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>A recurrent step of all layers in one call, as a TorchScript function: for one token, calls from here to libtorch took most of
/// the time, and each of them left garbage.</summary>
/// <remarks>A launch is an operator that computes something; views are none. A layer has 17 of them in float32.</remarks>
internal sealed class RetNetSteps : IDisposable
{
    private const int TensorsPerLayer = 7;

    private readonly torch.jit.CompilationUnit _script;
    private readonly RetNetConfiguration _configuration;
    private readonly TorchRetNetWeights _weights;
    private readonly Tensor[] _layers;
    private readonly Tensor _logDecay;
    private readonly Tensor _factors;

    /// <param name="c">The model's dimensions.</param>
    /// <param name="weights">The weights, which stay the caller's.</param>
    /// <param name="type">The type of matrices.</param>
    /// <param name="device">The device.</param>
    public RetNetSteps(RetNetConfiguration c, TorchRetNetWeights weights, torch.ScalarType type, torch.Device device)
    {
        (_configuration, _weights) = (c, weights);
        _script = CompiledScripts.Get(Source(c, type, weights.Layers[0].HeadNorm is not null), device);
        _layers = [.. weights.Layers.SelectMany(TensorsOf)];
        _logDecay = torch.tensor(weights.LogDecay, torch.float32).to(Native.TorchDevices.PreciseType(device)).to(device)
            .DetachFromDisposeScope();

        // dk^−½, which fla puts on q and torchscale on k, in the rotation of each head.
        int scaled = c.Dialect == RetNetDialect.Fla ? c.Heads : c.KeyValueHeads;
        float[] ones = [.. Enumerable.Repeat(1f, c.Heads + c.KeyValueHeads - scaled)];
        float[] scales = [.. Enumerable.Repeat(1 / MathF.Sqrt(c.KeyWidth), scaled)];
        float[] factors = c.Dialect == RetNetDialect.Fla ? [.. scales, .. ones] : [.. ones, .. scales];
        _factors = torch.tensor(factors, [1, factors.Length, 1], torch.float32, device).DetachFromDisposeScope();
    }

    /// <summary>Computes all layers.</summary>
    /// <param name="batch">Tokens above positions, <c>[2 × n]</c>, int64.</param>
    /// <param name="states">U of the sequences, in the order of the rows, those of neighbours together, <c>[layers × … × H × dk × dv]</c>;
    /// changed.</param>
    /// <returns>The residual stream, <c>[n × d]</c>, float32.</returns>
    public Tensor Apply(Tensor batch, Tensor[] states) => (Tensor)_script.invoke("step", batch, states, _logDecay, _factors,
        _weights.Frequencies, _weights.Embedding, _weights.EmbeddingNorm ?? _weights.FinalNorm, _layers);

    public void Dispose()
    {
        _logDecay.Dispose();
        _factors.Dispose();
    }

    private static Tensor[] TensorsOf(TorchRetNetLayerWeights layer)
    {
        TorchGatedNetwork network = (TorchGatedNetwork)layer.FeedForward;
        return [layer.MixingNorm, layer.Projections, layer.HeadNorm ?? layer.MixingNorm, layer.Output, layer.FeedForwardNorm,
            network.GateUp, network.Down];
    }

    /// <summary>The functions.</summary>
    /// <param name="c">The dimensions, which are constants there.</param>
    /// <param name="type">The type of matrices.</param>
    /// <param name="hasHeadNormWeight">Whether the head norm has a weight.</param>
    internal static string Source(RetNetConfiguration c, torch.ScalarType type, bool hasHeadNormWeight)
    {
        bool isWide = type == torch.float32, isFla = c.Dialect == RetNetDialect.Fla;
        int keys = (c.Heads + c.KeyValueHeads) * c.KeyWidth, values = c.KeyValueHeads * c.ValueWidth, all = c.Heads * c.ValueWidth;
        string activation = c.Activation switch
        {
            RetNetActivation.Gelu => "torch.gelu",
            RetNetActivation.Relu => "torch.relu",
            _ => "torch.silu",
        };
        string gate = c.UseOutputGate ? $"torch.silu(p.narrow(-1, {keys + values}, {all})) * " : "";
        string epsilon = c.NormEpsilon.ToString("R", CultureInfo.InvariantCulture);

        // The type of a tensor stands for its own: names of types are Python's.
        string narrow = isWide ? "" : ".to(w[at + 1])";
        string Add(string input, string weight) =>
            isWide ? $"torch.addmm(x, {input}, {weight}.t())" : $"x.add_(torch.linear({input}, {weight}))";
        string source = string.Create(CultureInfo.InvariantCulture, $$"""
            def rotate(qk, cosines, sines):
                {{(isFla
                    ? $"return torch.addcmul(qk * cosines, qk.roll({c.KeyWidth / 2}, -1), sines)"
                    : $"return torch.view_as_real(torch.view_as_complex(qk.view(-1, {c.Heads + c.KeyValueHeads}, {c.KeyWidth / 2}, 2)) * "
                        + $"torch.complex(cosines, sines)).view(-1, {c.Heads + c.KeyValueHeads}, {c.KeyWidth})")}}

            def retain(qk, values, state, decay):
                n = qk.size(0)
                k = qk.narrow(1, {{c.Heads}}, {{c.KeyValueHeads}}).unsqueeze(2).unsqueeze(4)
                v = values.view(n, {{c.KeyValueHeads}}, 1, 1, {{c.ValueWidth}})
                u = state.to(qk).mul_(decay)
                u.view(n, {{c.KeyValueHeads}}, -1, {{c.KeyWidth}}, {{c.ValueWidth}}).addcmul_(k, v)
                if state.dtype != qk.dtype:
                    state.copy_(u)
                return torch.matmul(qk.narrow(1, 0, {{c.Heads}}).unsqueeze(2), u).squeeze(2)

            def layer(x, cosines, sines, states: List[Tensor], i: int, decay, roots, w: List[Tensor], at: int):
                n = x.size(0)
                p = torch.linear(torch.rms_norm(x, [{{c.Width}}], w[at], {{epsilon}}){{narrow}}, w[at + 1])
                wide = p.narrow(-1, 0, {{keys + values}}).to(x)
                qk = rotate(wide.narrow(-1, 0, {{keys}}).view(n, {{c.Heads + c.KeyValueHeads}}, {{c.KeyWidth}}), cosines, sines)
                v = wide.narrow(-1, {{keys}}, {{values}})
                if len(states) == 1:
                    o = retain(qk, v, states[0].select(0, i), decay)
                else:
                    parts: List[Tensor] = []
                    first = 0
                    for state in states:
                        count = state.size(1)
                        parts.append(retain(qk.narrow(0, first, count), v.narrow(0, first, count), state.select(0, i), decay))
                        first += count
                    o = torch.cat(parts)
                {{(isFla ? "" : "o = o / roots")}}
                o = torch.rms_norm(o, [{{c.ValueWidth}}], {{(hasHeadNormWeight ? "w[at + 2]" : "None")}}, {{epsilon}})
                o = {{gate}}o.view(n, {{all}}){{narrow}}
                x = {{Add("o", "w[at + 3]")}}
                b = torch.linear(torch.rms_norm(x, [{{c.Width}}], w[at + 4], {{epsilon}}){{narrow}}, w[at + 5])
                a = {{activation}}(b.narrow(-1, 0, b.size(1) // 2)) * b.narrow(-1, b.size(1) // 2, b.size(1) // 2)
                return {{Add("a", "w[at + 6]")}}

            def step(batch, states: List[Tensor], log_decay, factors, frequencies, embedding, embedding_norm, w: List[Tensor]):
                positions = batch.select(0, 1).unsqueeze(1)
                angles = (positions.to(frequencies) * frequencies).unsqueeze(1)
                cosines = angles.cos() * factors
                sines = angles.sin() * factors
                {{(isFla ? "cosines = torch.cat([cosines, cosines], -1)" : "")}}
                {{(isFla ? "sines = torch.cat([-sines, sines], -1)" : "")}}
                decay = log_decay.to(frequencies).exp().view(-1, 1, 1)
                after = positions.to(log_decay) + 1
                sums = torch.where(log_decay == 0, after, (after * log_decay).expm1() / log_decay.expm1())
                roots = sums.sqrt().to(frequencies).unsqueeze(2)
                x = embedding.index_select(0, batch.select(0, 0)).to(frequencies)
                {{(c.EmbeddingScale == 1 ? "" : "x = x * " + c.EmbeddingScale.ToString("R", CultureInfo.InvariantCulture))}}
                {{(c.EmbeddingNorm ? $"x = torch.rms_norm(x, [{c.Width}], embedding_norm, {epsilon})" : "")}}
                for i in range({{c.Layers}}):
                    x = layer(x, cosines, sines, states, i, decay, roots, w, {{TensorsPerLayer}} * i)
                return x
            """);
        return string.Join('\n', source.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line))) + "\n";
    }
}
