namespace TorchSharp;

/// <summary>A kind of device of libtorch.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    MPS = 13,
}
