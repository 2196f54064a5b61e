namespace RetNet.Extensions.Tool;

/// <summary>What a benchmark measured.</summary>
/// <param name="PrefillTokensPerSecond">Tokens of all prompts per second.</param>
/// <param name="DecodeTokensPerSecond">Generated tokens of all sequences per second, without sampling and text.</param>
/// <param name="BytesPerToken">Bytes of weights and state that a generated token reads; a batch shares the weights.</param>
/// <param name="BandwidthBytesPerSecond">Bytes that the device reads from its memory per second, a CPU with as many threads as the model
/// uses; null where that cannot be measured.</param>
/// <param name="StateBytes">Bytes of one sequence's state at the end.</param>
/// <param name="PeakRssBytes">The largest resident memory of the process, without the buffer of the bandwidth measurement.</param>
/// <param name="DeviceBytes">Memory of the device in use at the end, including other processes; null on a CPU, and if it is not
/// known.</param>
/// <param name="GcBytesPerToken">Bytes allocated on the garbage-collected heap per generated token.</param>
/// <param name="ReservedStateBytes">Bytes that a scheduler's budget counts for the states of the batch while it runs.</param>
/// <param name="KeptStateBytes">Bytes of the states that a scheduler keeps of the prompts, within its default limit.</param>
/// <param name="WeightBytes">Bytes of the weights.</param>
/// <param name="WorkspaceBytes">Bytes of scratch memory, which is kept for some seconds; 0 where it is the device's.</param>
internal sealed record BenchmarkResult(
    double PrefillTokensPerSecond,
    double DecodeTokensPerSecond,
    double BytesPerToken,
    double? BandwidthBytesPerSecond,
    long StateBytes,
    long PeakRssBytes,
    long? DeviceBytes,
    double GcBytesPerToken,
    long ReservedStateBytes,
    long KeptStateBytes,
    long WeightBytes,
    long WorkspaceBytes)
{
    /// <summary>The tokens per second at which memory would be read as fast as it can be.</summary>
    public double? FloorTokensPerSecond => BandwidthBytesPerSecond / BytesPerToken;

    /// <summary>The part of the memory bandwidth that decoding uses; more than 1 when weights stay in a cache.</summary>
    public double? BandwidthShare => DecodeTokensPerSecond / FloorTokensPerSecond;
}
