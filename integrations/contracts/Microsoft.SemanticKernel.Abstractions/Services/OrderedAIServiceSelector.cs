using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Microsoft.SemanticKernel.Services;

/// <summary>Chooses by service id, then by model id, then the last registered service.</summary>
internal sealed class OrderedAIServiceSelector : IAIServiceSelector, IChatClientSelector
{
    public static OrderedAIServiceSelector Instance { get; } = new();

    public bool TrySelectAIService<T>(
        Kernel kernel, KernelFunction function, KernelArguments arguments, [NotNullWhen(true)] out T? service, out PromptExecutionSettings? serviceSettings)
        where T : class, IAIService
        => TrySelect(kernel, function, arguments, out service, out serviceSettings);

    [Experimental("SKEXP0001")]
    public bool TrySelectChatClient<T>(
        Kernel kernel, KernelFunction function, KernelArguments arguments, [NotNullWhen(true)] out T? service, out PromptExecutionSettings? serviceSettings)
        where T : class, IChatClient
        => TrySelect(kernel, function, arguments, out service, out serviceSettings);

    private static bool TrySelect<T>(
        Kernel kernel, KernelFunction function, KernelArguments arguments, [NotNullWhen(true)] out T? service, out PromptExecutionSettings? serviceSettings)
        where T : class
    {
        var settingsById = arguments.ExecutionSettings ?? function.ExecutionSettings;
        if (settingsById is null || settingsById.Count == 0)
        {
            serviceSettings = null;
            service = LastRegistered<T>(kernel);
            return service is not null;
        }

        foreach (var (serviceId, settings) in settingsById)
        {
            serviceSettings = settings;
            service = IsDefault(serviceId) ? null : (kernel.Services as IKeyedServiceProvider)?.GetKeyedService<T>(serviceId);
            if (service is not null)
                return true;
        }

        foreach (var settings in settingsById.Values.Where(settings => !string.IsNullOrEmpty(settings.ModelId)))
        {
            serviceSettings = settings;
            service = kernel.GetAllServices<T>().FirstOrDefault(candidate => ModelId(candidate) == settings.ModelId);
            if (service is not null)
                return true;
        }

        serviceSettings = settingsById.FirstOrDefault(entry => IsDefault(entry.Key)).Value;
        service = serviceSettings is null ? null : LastRegistered<T>(kernel);
        if (service is null)
            serviceSettings = null;
        return service is not null;
    }

    private static bool IsDefault(string? serviceId)
        => string.IsNullOrEmpty(serviceId) || serviceId.Equals(PromptExecutionSettings.DefaultServiceId, StringComparison.OrdinalIgnoreCase);

    private static T? LastRegistered<T>(Kernel kernel) where T : class
        => kernel.Services is IKeyedServiceProvider ? kernel.GetAllServices<T>().LastOrDefault() : kernel.Services.GetService<T>();

    private static string? ModelId(object service) => service switch
    {
        IAIService aiService => aiService.GetModelId(),
        IChatClient chatClient => chatClient.GetModelId(),
        _ => null,
    };
}
