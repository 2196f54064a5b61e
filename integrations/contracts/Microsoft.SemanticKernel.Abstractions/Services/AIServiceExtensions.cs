namespace Microsoft.SemanticKernel.Services;

public static class AIServiceExtensions
{
    public static string ModelIdKey => "ModelId";

    public static string EndpointKey => "Endpoint";

    public static string ApiVersionKey => "ApiVersion";

    public static string? GetModelId(this IAIService service) => GetAttribute(service, ModelIdKey);

    public static string? GetEndpoint(this IAIService service) => GetAttribute(service, EndpointKey);

    public static string? GetApiVersion(this IAIService service) => GetAttribute(service, ApiVersionKey);

    private static string? GetAttribute(IAIService service, string key)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.Attributes?.GetValueOrDefault(key) as string;
    }
}
