namespace RetNet.Extensions.Core.Devices;

/// <summary>A kind of device that models are computed on.</summary>
public enum DeviceKind
{
    /// <summary>The processor, in managed code: always there, nothing native.</summary>
    Cpu,

    /// <summary>The processor, through libtorch: for comparisons, and for tests of what a GPU runs.</summary>
    Torch,

    /// <summary>An NVIDIA GPU, through libtorch.</summary>
    Cuda,

    /// <summary>The GPU of an Apple processor, through libtorch.</summary>
    Mps,
}
