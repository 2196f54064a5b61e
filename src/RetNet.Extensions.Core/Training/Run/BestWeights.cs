using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A copy of the weights that did best so far, in unmanaged memory of the host, one parameter after the other.</summary>
internal sealed unsafe class BestWeights(IReadOnlyList<Parameter> parameters) : IDisposable
{
    private const int BlockLength = 1 << 16;

    private readonly NativeBuffer<float> _copy = new(parameters.Sum(parameter => parameter.Length));

    public void Keep() => ForParts((parameter, part) => parameter.CopyValuesTo(part));

    public void Restore() => ForParts((parameter, part) => parameter.SetValues(part));

    public void Save(Stream stream) => ForBlocks(block => stream.Write(block));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(Stream stream) => ForBlocks(stream.ReadExactly);

    public void Dispose() => _copy.Dispose();

    private void ForParts(PartAction body)
    {
        long first = 0;
        foreach (Parameter parameter in parameters)
        {
            body(parameter, new Span<float>(_copy.Pointer + first, checked((int)parameter.Length)));
            first += parameter.Length;
        }
    }

    // A span has at most 2 GiB of bytes, and a parameter may have more.
    private void ForBlocks(Action<Span<byte>> body)
    {
        for (long first = 0; first < _copy.Length; first += BlockLength)
            body(MemoryMarshal.AsBytes(new Span<float>(_copy.Pointer + first, (int)Math.Min(BlockLength, _copy.Length - first))));
    }

    private delegate void PartAction(Parameter parameter, Span<float> part);
}
