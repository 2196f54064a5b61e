using System.Globalization;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>One new token of each sequence through all layers in one call, the policy's cut included, as a TorchScript function: for one
/// token, calls from here to libtorch took most of the time, and each of them left garbage.</summary>
/// <remarks>
/// A launch is an operator that computes something; views are none. In float32 a layer has 15 of them with a full cache, 17 where the host
/// says which rows move (window, sinks), 20 under TOVA. A row that the device drops leaves a gap, which the next token's
/// row takes: nothing moves.
/// </remarks>
internal sealed class TransformerSteps : IDisposable
{
    private const int TensorsPerLayer = 8;

    private readonly torch.jit.CompilationUnit _script;
    private readonly TorchTransformerWeights _weights;
    private readonly Tensor[] _layers;
    private readonly Tensor _frequencies;
    private readonly Tensor _cosineFactors;
    private readonly Tensor _sineFactors;

    /// <param name="c">The model's dimensions, which <see cref="Serves"/>.</param>
    /// <param name="weights">The weights, which stay the caller's.</param>
    /// <param name="type">The type of matrices.</param>
    /// <param name="device">The device.</param>
    public TransformerSteps(TransformerConfiguration c, TorchTransformerWeights weights, torch.ScalarType type, torch.Device device)
    {
        _weights = weights;
        _script = CompiledScripts.Get(Source(c, type), device);
        _layers = [.. weights.Layers.SelectMany(TensorsOf)];

        // One row where all layers rotate alike, otherwise one for each.
        bool isUniform = c.LayerRotations.All(rotation => rotation == c.Rotation(0)) && c.QueryKeyNorm == QueryKeyNorm.None;
        int[] kinds = [.. Enumerable.Range(0, isUniform ? 1 : c.Layers)];
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor[] cosines = Array.ConvertAll(kinds, layer => Factors(c, weights.Layers[layer], layer, device));
        _cosineFactors = torch.stack(cosines).DetachFromDisposeScope();
        _sineFactors = _cosineFactors.roll(c.HeadWidth / 2, -1).DetachFromDisposeScope();
        float[] frequencies = [.. kinds.SelectMany(layer => c.ComputeRotaryFrequencies(c.Rotation(layer)))];
        _frequencies = torch.tensor(frequencies, [kinds.Length, 1, c.HeadWidth / 2], torch.float32, device).DetachFromDisposeScope();
    }

    /// <summary>Whether a model's layers can be computed here; the others take an operation at a time.</summary>
    public static bool Serves(TransformerConfiguration c) =>
        c is { Experts: null, NormPlacement: NormPlacement.Before, QueryGrowth: 0, LengthOfRotarySwitch: null, AttentionSoftCap: null }
        && !c.AttentionSinks && c.RotaryWidth == c.HeadWidth && !c.RotatesNeighbours
        && c.QueryKeyNorm is QueryKeyNorm.None or QueryKeyNorm.PerHead
        && c.Activation != FeedForwardActivation.ClampedSwiglu;

    /// <summary>Computes all layers.</summary>
    /// <returns>The residual stream in the wave's order, <c>[n × d]</c>, float32.</returns>
    public Tensor Apply(TransformerStepWave wave) => wave.Order.ToWave((Tensor)_script.invoke("step", wave.Batch, wave.State, wave.Numbers,
        _frequencies, _cosineFactors, _sineFactors, _weights.Embedding, _layers));

    public void Dispose()
    {
        _frequencies.Dispose();
        _cosineFactors.Dispose();
        _sineFactors.Dispose();
    }

    // Where a layer has no bias, a norm's weight stands there and is not read.
    private static Tensor[] TensorsOf(TorchTransformerLayerWeights layer)
    {
        TorchGatedNetwork network = (TorchGatedNetwork)layer.FeedForward;
        return [layer.MixingNorm, layer.Projections, layer.Output, layer.FeedForwardNorm, network.GateUp, network.Down,
            layer.ProjectionBias ?? layer.MixingNorm, layer.OutputBias ?? layer.MixingNorm];
    }

    /// <summary>What cosines are multiplied by, before the queries and keys: the weights of their norms, and of queries the attention's
    /// scale.</summary>
    /// <returns><c>[1 × (H + G) × w]</c>.</returns>
    private static Tensor Factors(TransformerConfiguration c, TorchTransformerLayerWeights layer, int index, torch.Device device)
    {
        Tensor ones = torch.ones(c.HeadWidth, device: device);
        Tensor queries = (layer.QueryNorm ?? ones) * c.AttentionScale, keys = layer.KeyNorm ?? ones;
        return torch.cat([queries.expand(c.Heads, c.HeadWidth), keys.expand(c.KeyValueHeads, c.HeadWidth)], 0).unsqueeze(0)
            * c.RotaryFactor(c.Rotation(index));
    }

    /// <summary>The functions.</summary>
    /// <param name="c">The dimensions, which are constants there.</param>
    /// <param name="type">The type of matrices.</param>
    internal static string Source(TransformerConfiguration c, torch.ScalarType type)
    {
        bool isWide = type == torch.float32;
        (int heads, int groups, int width) = (c.Heads, c.KeyValueHeads, c.HeadWidth);
        string epsilon = c.NormEpsilon.ToString("R", CultureInfo.InvariantCulture);
        string residual = c.ResidualScale.ToString("R", CultureInfo.InvariantCulture);
        string activation = c.Activation == FeedForwardActivation.GeluTanh ? "torch.gelu(gate, approximate='tanh')" : "torch.silu(gate)";

        // The type of a tensor stands for its own: names of types are Python's.
        string narrow = isWide ? "" : ".to(w[at + 1])", wide = isWide ? "" : ".to(x)";
        string projectionBias = c.QueryKeyValueBias ? "w[at + 6]" : "None", outputBias = c.OutputBias ? "w[at + 7]" : "None";
        string Add(string input, string weight, string bias) => isWide && bias == "None"
            ? $"torch.addmm(x, {input}, {weight}.t(), alpha={residual})"
            : $"x.add_(torch.linear({input}, {weight}, {bias}), alpha={residual})";
        string norm = $"h = torch.cat([torch.rms_norm(h.narrow(1, 0, {heads + groups}), [{width}], None, {epsilon}), "
            + $"h.narrow(1, {heads + groups}, {groups})], 1)";
        string source = string.Create(CultureInfo.InvariantCulture, $$"""
            def slots_of(slots):
                return slots.view(1, slots.size(0), 1, -1, 1).expand(2, -1, {{groups}}, -1, {{width}})

            def cut(a, positions, accumulated, position, slots, most: int, first: int, newest: int, drops: bool, accumulates: bool):
                scores = a.transpose(1, 2).contiguous().mean([2])
                if accumulates:
                    scores = accumulated.narrow(1, 0, most).add_(scores)
                if drops:
                    kept = positions.narrow(1, 0, most)
                    order = torch.sub(kept, torch.view_copy(scores, dtype=3), alpha=4294967296)
                    if newest > 0:
                        order.masked_fill_(kept > position - newest, -9223372036854775807)
                    if first > 0:
                        order.masked_fill_(kept < first, -9223372036854775807)
                    torch.argmax(order, 1, out=slots)

            def attend(h, rows, keys, values, slots, behind, weight):
                new = h.narrow(1, {{heads}}, {{2 * groups}}).view(-1, 2, {{groups}}, {{width}}).transpose(0, 1).unsqueeze(3)
                rows.scatter_(3, slots, new.to(rows))
                q = h.narrow(1, 0, {{heads}}).reshape(-1, {{heads / groups}}, {{width}})
                {{(isWide ? "" : "q = q.to(weight) if rows.dtype == weight.dtype else q")}}
                scores = torch.bmm(q, keys.to(q).transpose(1, 2)).view(h.size(0), {{heads}}, -1){{(isWide ? "" : ".to(h)")}}
                if behind.size(0) > 0:
                    scores.masked_fill_(behind, float('-inf'))
                a = scores.softmax(-1)
                o = torch.bmm(a.view(keys.size(0), {{heads / groups}}, -1).to(q), values.to(q)).view(-1, {{heads * width}})
                {{(isWide ? "" : "o = o.to(weight)")}}
                return o, a

            def keep(a, i: int, rows, state: List[Tensor], slots, batch, numbers: List[int]):
                moves, accumulates, drops = numbers[2], numbers[3] > 0, numbers[4] > 0
                if moves > 0:
                    rows.scatter_(3, slots_of(batch.narrow(0, 4 + moves, moves).t()),
                        rows.gather(3, slots_of(batch.narrow(0, 4, moves).t())))
                if drops or accumulates:
                    cut(a, state[1].select(0, i), state[2].select(0, i), batch.select(0, 1).unsqueeze(1), slots.select(0, i), numbers[0],
                        numbers[6], numbers[7], drops, accumulates)

            def layer(x, cosines, sines, i: int, states: List[List[Tensor]], views: List[List[List[Tensor]]], slots: List[Tensor],
                batches: List[Tensor], behind: List[Tensor], numbers: List[List[int]], w: List[Tensor]):
                at = {{TensorsPerLayer}} * i
                p = torch.linear(torch.rms_norm(x, [{{c.Width}}], w[at], {{epsilon}}){{narrow}}, w[at + 1], {{projectionBias}})
                h = p.view(-1, {{heads + (2 * groups)}}, {{width}}){{wide}}
                {{(c.QueryKeyNorm == QueryKeyNorm.PerHead ? norm : "")}}
                h = torch.addcmul(h * cosines, h.roll({{width / 2}}, -1), sines)
                parts: List[Tensor] = []
                first = 0
                for r in range(len(numbers)):
                    rows, keys, values, places = views[r]
                    n = numbers[r][8]
                    own = h if len(numbers) == 1 else h.narrow(0, first, n)
                    o, a = attend(own, rows[i], keys[i], values[i], places[i], behind[r], w[at + 1])
                    keep(a, i, rows[i], states[r], slots[r], batches[r], numbers[r])
                    parts.append(o)
                    first += n
                o = torch.cat(parts) if len(parts) > 1 else parts[0]
                x = {{Add("o", "w[at + 2]", outputBias)}}
                b = torch.linear(torch.rms_norm(x, [{{c.Width}}], w[at + 3], {{epsilon}}){{narrow}}, w[at + 4])
                gate = b.narrow(-1, 0, {{c.FeedForwardWidth}})
                f = {{activation}} * b.narrow(-1, {{c.FeedForwardWidth}}, {{c.FeedForwardWidth}})
                return {{Add("f", "w[at + 5]", "None")}}

            def begin(batch, state: List[Tensor], numbers: List[int]):
                last = batch.select(0, 2).unsqueeze(0)
                slots = last.expand({{c.Layers}}, -1)
                if numbers[4] > 0:
                    slots = state[3]
                    if numbers[5] > 0:
                        slots.copy_(torch.where(batch.select(0, 3) == 0, last, slots))
                at = slots.unsqueeze(2)
                state[1].scatter_(2, at, batch.select(0, 1).view(1, -1, 1).expand({{c.Layers}}, -1, 1))
                state[2].scatter_(2, at, 0)
                behind = last.narrow(0, 0, 0)
                if numbers[1] > 0:
                    behind = (torch.arange(numbers[0], device=batch.device) > last.t()).unsqueeze(1)
                return slots, behind

            def layers_of(state: List[Tensor], slots, most: int):
                places = slots.view({{c.Layers}}, 1, -1, 1, 1, 1).expand(-1, 2, -1, {{groups}}, 1, {{width}})
                keys = state[0].select(1, 0).narrow(3, 0, most).flatten(1, 2)
                values = state[0].select(1, 1).narrow(3, 0, most).flatten(1, 2)
                return [state[0].unbind(0), keys.unbind(0), values.unbind(0), places.unbind(0)]

            def end(batch, state: List[Tensor], moves: int):
                origin = batch.narrow(0, 4, moves).t().unsqueeze(0).expand({{c.Layers}}, -1, -1)
                target = batch.narrow(0, 4 + moves, moves).t().unsqueeze(0).expand({{c.Layers}}, -1, -1)
                for t in range(1, 3):
                    state[t].scatter_(2, target, state[t].gather(2, origin))

            def step(batch, state: List[Tensor], table, frequencies, cosine_factors, sine_factors, embedding, w: List[Tensor]):
                numbers: List[List[int]] = table.tolist()
                batches: List[Tensor] = []
                states: List[List[Tensor]] = []
                slots: List[Tensor] = []
                behind: List[Tensor] = []
                views: List[List[List[Tensor]]] = []
                first = 0
                for r in range(len(numbers)):
                    batches.append(batch.narrow(1, first, numbers[r][8]))
                    states.append(state[4 * r:4 * r + 4])
                    s, b = begin(batches[r], states[r], numbers[r])
                    slots.append(s)
                    behind.append(b)
                    views.append(layers_of(states[r], s, numbers[r][0]))
                    first += numbers[r][8]
                angles = batch.select(0, 1).view(1, -1, 1).to(frequencies) * frequencies
                cosine = angles.cos()
                sine = angles.sin()
                cosines = torch.constant_pad_nd(torch.cat([cosine, cosine], -1).unsqueeze(2) * cosine_factors, [0, 0, 0, {{groups}}], 1)
                sines = torch.constant_pad_nd(torch.cat([-sine, sine], -1).unsqueeze(2) * sine_factors, [0, 0, 0, {{groups}}])
                x = embedding.index_select(0, batch.select(0, 0)).to(frequencies)
                {{(c.EmbeddingScale == 1 ? "" : "x = x * " + c.EmbeddingScale.ToString("R", CultureInfo.InvariantCulture))}}
                for i in range({{c.Layers}}):
                    turn = i if cosines.size(0) > 1 else 0
                    x = layer(x, cosines.select(0, turn), sines.select(0, turn), i, states, views, slots, batches, behind, numbers, w)
                for r in range(len(numbers)):
                    if numbers[r][2] > 0:
                        end(batches[r], states[r], numbers[r][2])
                return x
            """);
        return string.Join('\n', source.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line))) + "\n";
    }
}
