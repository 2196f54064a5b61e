using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel;

public sealed class KernelArguments : AIFunctionArguments
{
    public KernelArguments()
        : base(StringComparer.OrdinalIgnoreCase)
    {
    }

    public KernelArguments(PromptExecutionSettings? executionSettings)
        : this(executionSettings is null ? null : [executionSettings])
    {
    }

    public KernelArguments(IEnumerable<PromptExecutionSettings>? executionSettings)
        : this()
    {
        if (executionSettings is null)
            return;

        var settingsById = new Dictionary<string, PromptExecutionSettings>();
        foreach (var settings in executionSettings)
        {
            string serviceId = settings.ServiceId ?? PromptExecutionSettings.DefaultServiceId;
            if (!settingsById.TryAdd(serviceId, settings))
                throw new ArgumentException($"Multiple prompt execution settings with the service id '{serviceId}' have been provided.", nameof(executionSettings));
        }

        ExecutionSettings = settingsById;
    }

    public KernelArguments(IDictionary<string, object?> source, Dictionary<string, PromptExecutionSettings>? executionSettings = null)
        : base(source, StringComparer.OrdinalIgnoreCase)
        => ExecutionSettings = executionSettings ?? (source as KernelArguments)?.ExecutionSettings;

    public IReadOnlyDictionary<string, PromptExecutionSettings>? ExecutionSettings
    {
        get;
        set
        {
            PromptExecutionSettings.CheckKeys(value, nameof(ExecutionSettings));
            field = value;
        }
    }

    public ICollection<string> Names => Keys;

    public bool ContainsName(string name) => ContainsKey(name);
}
