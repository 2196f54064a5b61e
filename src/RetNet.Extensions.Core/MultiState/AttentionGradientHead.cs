namespace RetNet.Extensions.Core.MultiState;
internal readonly unsafe struct AttentionGradientHead
{
    public required int HeadWidth { get; init; }
    public required int SlidingWindow { get; init; }
    public required float* Query { get; init; }
    public required int QueryStride { get; init; }
    public required float* Key { get; init; }
    public required int KeyStride { get; init; }
    public required float* Value { get; init; }
    public required int ValueStride { get; init; }
    public required float* Output { get; init; }
    public required int OutputStride { get; init; }
    public required float* LogSums { get; init; }
    public required int LogSumStride { get; init; }
    public void Forward(int length) { }
    public void Backward(int length, float* dOutput, float* dQuery, float* dKey, float* dValue) { }
}
