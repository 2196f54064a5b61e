using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Microsoft.SemanticKernel;

public class PromptExecutionSettings
{
    public static string DefaultServiceId => "default";

    [JsonPropertyName("service_id")]
    public string? ServiceId
    {
        get;
        set
        {
            ThrowIfFrozen();
            field = value;
        }
    }

    [JsonPropertyName("model_id")]
    public string? ModelId
    {
        get;
        set
        {
            ThrowIfFrozen();
            field = value;
        }
    }

    [JsonPropertyName("function_choice_behavior")]
    public FunctionChoiceBehavior? FunctionChoiceBehavior
    {
        get;
        set
        {
            ThrowIfFrozen();
            field = value;
        }
    }

    [JsonExtensionData]
    public IDictionary<string, object>? ExtensionData
    {
        get;
        set
        {
            ThrowIfFrozen();
            field = value;
        }
    }

    [JsonIgnore]
    public bool IsFrozen { get; private set; }

    public virtual void Freeze()
    {
        if (IsFrozen)
            return;
        if (ExtensionData is not null)
            ExtensionData = new ReadOnlyDictionary<string, object>(ExtensionData);
        IsFrozen = true;
    }

    public virtual PromptExecutionSettings Clone() => new()
    {
        ServiceId = ServiceId,
        ModelId = ModelId,
        FunctionChoiceBehavior = FunctionChoiceBehavior,
        ExtensionData = ExtensionData is null ? null : new Dictionary<string, object>(ExtensionData),
    };

    protected void ThrowIfFrozen()
    {
        if (IsFrozen)
            throw new InvalidOperationException("PromptExecutionSettings are frozen and cannot be modified.");
    }

    /// <summary>Settings are kept under their own service id.</summary>
    internal static void CheckKeys(IEnumerable<KeyValuePair<string, PromptExecutionSettings>>? settingsById, string parameterName)
    {
        foreach (var (key, settings) in settingsById ?? [])
        {
            if (!string.IsNullOrWhiteSpace(settings.ServiceId) && key != settings.ServiceId)
                throw new ArgumentException($"Service id '{settings.ServiceId}' must match the key '{key}'.", parameterName);
        }
    }
}
