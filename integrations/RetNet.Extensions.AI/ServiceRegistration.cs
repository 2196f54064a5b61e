namespace RetNet.Extensions.AI;

/// <summary>Records in the service collection the model for which a service of an id was registered.</summary>
internal sealed record ServiceRegistration(Type Service, string? ServiceId, string? ModelName);
