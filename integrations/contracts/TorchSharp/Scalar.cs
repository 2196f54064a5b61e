namespace TorchSharp;

/// <summary>A number beside tensors.</summary>
public sealed class Scalar : IDisposable
{
    private Scalar()
    {
    }

    public static implicit operator Scalar(int value) => throw NotInFeed.Error;

    public static implicit operator Scalar(long value) => throw NotInFeed.Error;

    public static implicit operator Scalar(Half value) => throw NotInFeed.Error;

    public static implicit operator Scalar(float value) => throw NotInFeed.Error;

    public static implicit operator Scalar(double value) => throw NotInFeed.Error;

    public static implicit operator Scalar(bool value) => throw NotInFeed.Error;

    public void Dispose() => throw NotInFeed.Error;
}
