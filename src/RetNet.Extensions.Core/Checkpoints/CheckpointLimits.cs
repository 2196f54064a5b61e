namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>How large a checkpoint may be, whatever its format.</summary>
internal static class CheckpointLimits
{
    /// <summary>Tensors of one file.</summary>
    public const int MaximumTensors = 1 << 17;

    /// <summary>Bytes of a tensor's name.</summary>
    public const int MaximumNameLength = 1024;

    /// <summary>Bytes of a configuration in JSON.</summary>
    public const int MaximumConfigurationLength = 1 << 20;
}
