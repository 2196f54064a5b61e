using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Microsoft.SemanticKernel;

public sealed class PromptTemplateConfig
{
    public PromptTemplateConfig()
    {
    }

    public PromptTemplateConfig(string template) => Template = template;

    public static string SemanticKernelTemplateFormat => "semantic-kernel";

    [JsonPropertyName("name")]
    public string? Name { get; set; }

    [JsonPropertyName("description")]
    public string? Description { get; set; }

    [JsonPropertyName("template_format")]
    [AllowNull]
    public string TemplateFormat
    {
        get;
        set => field = value ?? SemanticKernelTemplateFormat;
    } = SemanticKernelTemplateFormat;

    [JsonPropertyName("template")]
    public string Template
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = string.Empty;

    [JsonPropertyName("input_variables")]
    public List<InputVariable> InputVariables { get; set; } = [];

    [JsonPropertyName("execution_settings")]
    public Dictionary<string, PromptExecutionSettings> ExecutionSettings
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            PromptExecutionSettings.CheckKeys(value, nameof(ExecutionSettings));
            field = value;
        }
    } = [];

    [JsonPropertyName("allow_dangerously_set_content")]
    public bool AllowDangerouslySetContent { get; set; }

    public PromptExecutionSettings? DefaultExecutionSettings => ExecutionSettings.GetValueOrDefault(PromptExecutionSettings.DefaultServiceId);

    public void AddExecutionSettings(PromptExecutionSettings settings, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!string.IsNullOrWhiteSpace(serviceId) && !string.IsNullOrWhiteSpace(settings.ServiceId))
            throw new ArgumentException("Service id must not be passed when it is already provided in execution settings.", nameof(serviceId));

        string key = serviceId ?? settings.ServiceId ?? PromptExecutionSettings.DefaultServiceId;
        if (!ExecutionSettings.TryAdd(key, settings))
            throw new ArgumentException($"Execution settings for service id '{key}' already exists.", nameof(serviceId));
    }
}
