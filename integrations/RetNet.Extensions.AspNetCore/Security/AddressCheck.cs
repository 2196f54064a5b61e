using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace RetNet.Extensions.AspNetCore.Security;

/// <summary>Does not let a server start that other machines can reach while it has no API key. Until it stops, <see cref="AccessCheck"/>
/// refuses their requests.</summary>
internal sealed class AddressCheck(ApiKeys keys, IServer? server = null) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (keys.Exist || server?.Features.Get<IServerAddressesFeature>() is not { } addresses)
            return Task.CompletedTask;
        return addresses.Addresses.FirstOrDefault(address => !Loopback.IsLocalAddress(address)) is { } open
            ? throw new InvalidOperationException(
                $"The server listens at {open}, which other machines can reach, and has no API key. "
                + $"Set {RetNetOpenAIOptions.ApiKeyVariable}, {RetNetOpenAIOptions.Section}:{nameof(RetNetOpenAIOptions.ApiKeys)} or "
                + $"{RetNetOpenAIOptions.Section}:{nameof(RetNetOpenAIOptions.ApiKeyFile)} (retnet serve: --api-key-file), "
                + "or listen at http://127.0.0.1 only.")
            : Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
