using System.Runtime.CompilerServices;

namespace Microsoft.SemanticKernel;

public abstract class KernelFunction
{
    private protected KernelFunction(KernelFunctionMetadata metadata, IReadOnlyDictionary<string, PromptExecutionSettings>? executionSettings)
    {
        Metadata = metadata;
        ExecutionSettings = executionSettings?.ToDictionary(entry => entry.Key, entry => Frozen(entry.Value));
    }

    public string Name => Metadata.Name;

    public string? PluginName => Metadata.PluginName;

    public string Description => Metadata.Description;

    public KernelFunctionMetadata Metadata { get; }

    public IReadOnlyDictionary<string, PromptExecutionSettings>? ExecutionSettings { get; }

    public async Task<FunctionResult> InvokeAsync(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        arguments ??= [];
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await InvokeCoreAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
        {
            throw new KernelFunctionCanceledException(kernel, this, arguments, new FunctionResult(this, culture: kernel.Culture), exception);
        }
    }

    public async Task<TResult?> InvokeAsync<TResult>(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => (await InvokeAsync(kernel, arguments, cancellationToken).ConfigureAwait(false)).GetValue<TResult>();

    public IAsyncEnumerable<StreamingKernelContent> InvokeStreamingAsync(
        Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => InvokeStreamingAsync<StreamingKernelContent>(kernel, arguments, cancellationToken);

    public async IAsyncEnumerable<TResult> InvokeStreamingAsync<TResult>(
        Kernel kernel, KernelArguments? arguments = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        arguments ??= [];
        var results = InvokeStreamingCoreAsync<TResult>(kernel, arguments, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (results.ConfigureAwait(false))
        {
            while (await MoveNextAsync().ConfigureAwait(false))
                yield return results.Current;
        }

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                return await results.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException exception)
            {
                throw new KernelFunctionCanceledException(kernel, this, arguments, null, exception);
            }
        }
    }

    public abstract KernelFunction Clone(string? pluginName = null);

    public override string ToString() => string.IsNullOrWhiteSpace(PluginName) ? Name : $"{PluginName}.{Name}";

    private protected abstract ValueTask<FunctionResult> InvokeCoreAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken);

    private protected abstract IAsyncEnumerable<TResult> InvokeStreamingCoreAsync<TResult>(
        Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken);

    private static PromptExecutionSettings Frozen(PromptExecutionSettings settings)
    {
        var clone = settings.Clone();
        clone.Freeze();
        return clone;
    }
}
