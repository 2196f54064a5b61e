using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>Progress does not reach <see cref="MLContext.Log"/>: nothing is kept.</summary>
internal sealed class ProgressChannel : IProgressChannel
{
    public void SetHeader(ProgressHeader header, Action<IProgressEntry> fillAction)
    {
    }

    public void Checkpoint(params double?[] values)
    {
    }

    public IProgressChannel StartProgressChannel(string name) => new ProgressChannel();

    public void Dispose()
    {
    }
}
