using Microsoft.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Models;

/// <summary>The registrations of the application, which a container does not tell of.</summary>
internal sealed class RegisteredServices(IServiceCollection services)
{
    /// <summary>The keys under which a service is registered, in the order of registration; null for no key.</summary>
    public IEnumerable<object?> KeysOf(Type service) => services
        .Where(descriptor => descriptor.ServiceType == service)
        .Select(descriptor => descriptor.IsKeyedService ? descriptor.ServiceKey : null)
        .Where(key => key != KeyedService.AnyKey)
        .Distinct();
}
