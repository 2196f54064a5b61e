using System.Collections.ObjectModel;

namespace Microsoft.SemanticKernel.ChatCompletion;

public sealed class StreamingKernelContentItemCollection : Collection<StreamingKernelContent>
{
    protected override void InsertItem(int index, StreamingKernelContent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        base.InsertItem(index, item);
    }
}
