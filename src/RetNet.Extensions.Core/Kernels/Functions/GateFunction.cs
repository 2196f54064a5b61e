namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>The gate of a feed-forward network, <c>gate = act(gate) ⊙ up</c>, and its gradient.</summary>
internal readonly unsafe struct GateFunction(
    delegate*<Span<float>, ReadOnlySpan<float>, void> forward,
    delegate*<ReadOnlySpan<float>, ReadOnlySpan<float>, ReadOnlySpan<float>, Span<float>, Span<float>, void> backward)
{
    public static GateFunction Silu => new(&Activations.SiluGate, &Activations.SiluGateBackward);

    public static GateFunction Gelu => new(&Activations.GeluGate, &Activations.GeluGateBackward);

    public static GateFunction GeluTanh => new(&Activations.GeluTanhGate, &Activations.GeluTanhGateBackward);

    public static GateFunction Relu => new(&Activations.ReluGate, &Activations.ReluGateBackward);

    public static GateFunction ClampedSwiglu => new(&Activations.ClampedSwigluGate, &Activations.ClampedSwigluGateBackward);

    /// <summary><c>gate = act(gate) ⊙ up</c>.</summary>
    public void Forward(Span<float> gate, ReadOnlySpan<float> up) => forward(gate, up);

    /// <summary>The gradients of gate and up.</summary>
    public void Backward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp) =>
        backward(gate, up, dy, dGate, dUp);
}
