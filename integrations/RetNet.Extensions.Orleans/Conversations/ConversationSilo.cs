using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>What the conversations of a silo share.</summary>
internal sealed class ConversationSilo(IServiceProvider services, IOptions<RetNetConversationOptions> options)
{
    private readonly Lazy<IChatClient> _client = new(() => FindClient(services, options.Value.ServiceId));

    /// <summary>Answers.</summary>
    /// <exception cref="InvalidOperationException">There is no client, or it is that of the cluster.</exception>
    public IChatClient Client => _client.Value;

    private static IChatClient FindClient(IServiceProvider services, string? serviceId)
    {
        string name = serviceId is null ? "default chat client" : $"chat client '{serviceId}'";
        IChatClient client = services.GetKeyedService<IChatClient>(serviceId) ?? throw new InvalidOperationException(
            $"The silo has no {name}; expected one, as services.AddRetNetChatClient registers it, which answers conversations.");
        return client.GetService<ClusterChatClient>() is null ? client : throw new InvalidOperationException(
            $"The silo's {name} is the client of the cluster itself; expected that of a model. Register the model under a service id, and set "
            + $"{nameof(RetNetConversationOptions)}.{nameof(RetNetConversationOptions.ServiceId)}.");
    }
}
