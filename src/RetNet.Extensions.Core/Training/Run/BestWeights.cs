using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A copy of the weights that did best so far, in unmanaged memory of the host.</summary>
internal sealed class BestWeights(IReadOnlyList<Parameter> parameters) : IDisposable
{
    private readonly NativeBuffer<float>[] _copies = [.. parameters.Select(parameter => new NativeBuffer<float>(parameter.Length))];

    /// <summary>The copies under the parameters' names.</summary>
    public IEnumerable<TensorSource> Sources =>
        parameters.Zip(_copies, (parameter, copy) => new TensorSource(parameter.Name, parameter.Shape, () => copy.Span));

    public void Keep()
    {
        for (int i = 0; i < _copies.Length; i++)
            parameters[i].CopyValuesTo(_copies[i].Span);
    }

    public void Restore()
    {
        for (int i = 0; i < _copies.Length; i++)
            parameters[i].SetValues(_copies[i].Span);
    }

    /// <summary>Reads the copies from a checkpoint, whose tensors were checked against the parameters.</summary>
    public void Read(SafetensorsFile file)
    {
        for (int i = 0; i < _copies.Length; i++)
            file.Tensors[parameters[i].Name].CopyTo(_copies[i].Span);
    }

    public void Dispose()
    {
        foreach (NativeBuffer<float> copy in _copies)
            copy.Dispose();
    }
}
