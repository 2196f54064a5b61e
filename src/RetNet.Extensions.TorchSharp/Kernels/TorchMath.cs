namespace RetNet.Extensions.TorchSharp.Kernels;

/// <summary>The primitives of both families on libtorch. All products of matrices are here, where their shapes and types are checked: some
/// native functions end the process instead of throwing, such as the product of bfloat16 and float32.</summary>
internal static class TorchMath
{
    /// <summary>x Wᵀ + b.</summary>
    /// <param name="x"><c>[… × in]</c>.</param>
    /// <param name="weight"><c>[out × in]</c>, of the same type as <paramref name="x"/>.</param>
    /// <param name="bias"><c>[out]</c>; null for none.</param>
    /// <returns><c>[… × out]</c>.</returns>
    /// <exception cref="ArgumentException">Shapes or types differ.</exception>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null)
    {
        if (x.size(-1) != weight.size(1) || x.dtype != weight.dtype)
            throw new ArgumentException($"A linear layer of {weight.size(1)} inputs in {weight.dtype} gets {x.size(-1)} in {x.dtype}.");
        if (bias is not null && (bias.size(0) != weight.size(0) || bias.dtype != weight.dtype))
        {
            throw new ArgumentException($"A linear layer of {weight.size(0)} outputs in {weight.dtype} has a bias of {bias.size(0)} in "
                + $"{bias.dtype}.");
        }

        return torch.nn.functional.linear(x, weight, bias);
    }

    /// <summary>The products a b of a batch of matrices.</summary>
    /// <param name="a"><c>[n × rows × inner]</c>.</param>
    /// <param name="b"><c>[n × inner × columns]</c>, of the same type as <paramref name="a"/>.</param>
    /// <returns><c>[n × rows × columns]</c>.</returns>
    /// <exception cref="ArgumentException">Shapes or types differ.</exception>
    public static Tensor Product(Tensor a, Tensor b)
    {
        if (a.Dimensions != 3 || b.Dimensions != 3 || a.size(0) != b.size(0) || a.size(2) != b.size(1) || a.dtype != b.dtype)
            throw new ArgumentException($"Products of matrices of {Describe(a)} and {Describe(b)} do not exist.");
        return torch.bmm(a, b);
    }

    /// <summary>softmax(q kᵀ w^−½) v, where a query sees the keys up to its own place, or those that a mask leaves.</summary>
    /// <param name="query"><c>[n × H × T × w]</c>.</param>
    /// <param name="key">As <paramref name="query"/>.</param>
    /// <param name="value">As <paramref name="query"/>.</param>
    /// <param name="mask">True where a query sees a key, <c>[T × T]</c>, or what is added to the scores, of the type of the others; null
    /// for the keys up to its own place.</param>
    /// <returns>As <paramref name="query"/>.</returns>
    /// <exception cref="ArgumentException">Shapes or types differ.</exception>
    public static Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask = null)
    {
        if (!IsLike(key, query) || !IsLike(value, query) || (mask is not null && mask.dtype != query.dtype && mask.dtype != torch.@bool))
        {
            throw new ArgumentException($"Attention of queries of {Describe(query)}, keys of {Describe(key)}, values of {Describe(value)} "
                + $"{(mask is null ? "" : $"and a mask of {Describe(mask)} ")}does not exist.");
        }

        return torch.nn.functional.scaled_dot_product_attention(query, key, value, mask, is_casual: mask is null);
    }

    /// <summary>As <see cref="Attention"/> behind a mask, with scores that are bounded or with a score of each head that takes part in the
    /// softmax and that no value belongs to.</summary>
    /// <param name="query"><c>[n × H × T × w]</c>.</param>
    /// <param name="key">As <paramref name="query"/>.</param>
    /// <param name="value">As <paramref name="query"/>.</param>
    /// <param name="mask">True where a query sees a key, <c>[T × T]</c>.</param>
    /// <param name="sinks">The scores without values, <c>[H]</c>; null for none.</param>
    /// <param name="cap">Bounds the other scores to cap · tanh(x / cap); null for none.</param>
    /// <returns>As <paramref name="query"/>.</returns>
    public static Tensor BoundedAttention(Tensor query, Tensor key, Tensor value, Tensor mask, Tensor? sinks, float? cap)
    {
        (long n, long heads, long length) = (query.size(0), query.size(1), query.size(2));
        Tensor q = (query * (1 / MathF.Sqrt(query.size(3)))).reshape(n * heads, length, -1);
        Tensor raw = Product(q, key.reshape(n * heads, length, -1).transpose(1, 2)).to(torch.float32).reshape(n, heads, length, length);
        Tensor scores = (cap is { } bound ? SoftCap(raw, bound) : raw).masked_fill(mask.logical_not(), float.NegativeInfinity);
        Tensor all = sinks is null
            ? scores
            : torch.cat([scores, sinks.to(torch.float32).reshape(1, heads, 1, 1).expand(n, heads, length, 1)], -1);
        Tensor weights = all.softmax(-1).narrow(-1, 0, length).to(value.dtype);
        return Product(weights.reshape(n * heads, length, length), value.reshape(n * heads, length, -1)).reshape(query.shape);
    }

    /// <summary>x / √(mean(x²) + ε) · weight over the last dimension, in float32.</summary>
    /// <param name="x"><c>[… × n]</c>.</param>
    /// <param name="weight"><c>[n]</c>, float32; null for none.</param>
    /// <param name="epsilon">ε.</param>
    /// <returns>As <paramref name="x"/>, float32.</returns>
    public static Tensor RmsNorm(Tensor x, Tensor? weight, float epsilon)
    {
        Tensor wide = x.to(torch.float32);
        Tensor normalised = wide * torch.rsqrt(wide.square().mean([-1], keepdim: true) + epsilon);
        return weight is null ? normalised : normalised * weight;
    }

    /// <summary>Rotates the pairs (i, i + pairs) of every head: the layout of Llama and fla.</summary>
    /// <param name="x"><c>[rows × heads × 2·pairs]</c>.</param>
    /// <param name="cosines"><c>[rows × 1 × pairs]</c>, of the same type.</param>
    /// <param name="sines"><c>[rows × 1 × pairs]</c>, of the same type.</param>
    /// <returns>As <paramref name="x"/>.</returns>
    public static Tensor RotateHalves(Tensor x, Tensor cosines, Tensor sines)
    {
        long pairs = x.size(-1) / 2;
        Tensor a = x.narrow(-1, 0, pairs), b = x.narrow(-1, pairs, pairs);
        return torch.cat([(a * cosines) - (b * sines), (b * cosines) + (a * sines)], -1);
    }

    /// <summary>Rotates the pairs (2i, 2i + 1) of every head: the layout of torchscale.</summary>
    /// <inheritdoc cref="RotateHalves"/>
    public static Tensor RotateInterleaved(Tensor x, Tensor cosines, Tensor sines)
    {
        long pairs = x.size(-1) / 2;
        Tensor split = x.reshape(x.size(0), x.size(1), pairs, 2);
        Tensor a = split.select(-1, 0), b = split.select(-1, 1);
        return torch.stack([(a * cosines) - (b * sines), (b * cosines) + (a * sines)], -1).reshape(x.shape);
    }

    /// <summary>silu(gate) ⊙ up.</summary>
    /// <param name="gate">The activated branch.</param>
    /// <param name="up">The linear branch, of the same shape.</param>
    /// <returns>As <paramref name="gate"/>.</returns>
    public static Tensor SiluGate(Tensor gate, Tensor up) => torch.nn.functional.silu(gate) * up;

    /// <summary>gelu(gate) ⊙ up with gelu(x) ≈ x · sigmoid(2u), u = √(2/π) (x + 0.044715 x³).</summary>
    /// <inheritdoc cref="SiluGate"/>
    public static Tensor GeluTanhGate(Tensor gate, Tensor up)
    {
        Tensor x = gate.to(torch.float32);
        return (x * ((x + (x * x * x * 0.044715)) * 1.5957691216057308).sigmoid()).to(gate.dtype) * up;
    }

    /// <summary>cap · tanh(x / cap).</summary>
    public static Tensor SoftCap(Tensor x, float cap) => (x / cap).tanh() * cap;

    /// <summary>g σ(1.702 g) ⊙ (u + 1) with g = min(gate, 7) and u = up, cut to ±7: the gate of gpt-oss.</summary>
    /// <inheritdoc cref="SiluGate"/>
    public static Tensor ClampedSwigluGate(Tensor gate, Tensor up)
    {
        const double limit = 7, slope = 1.702;
        Tensor g = gate.clamp_max(limit);
        return g * (g * slope).sigmoid() * (up.clamp(-limit, limit) + 1);
    }

    private static bool IsLike(Tensor a, Tensor b) => a.dtype == b.dtype && a.shape.AsSpan().SequenceEqual(b.shape);

    private static string Describe(Tensor tensor) => $"[{string.Join(" × ", tensor.shape)}] in {tensor.dtype}";
}
