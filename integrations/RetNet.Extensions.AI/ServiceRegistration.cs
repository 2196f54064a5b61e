namespace RetNet.Extensions.AI;

/// <summary>Remembers, in the service collection, for which model a service of an id was registered.</summary>
internal sealed record ServiceRegistration(Type Service, string? ServiceId, string? ModelName);
