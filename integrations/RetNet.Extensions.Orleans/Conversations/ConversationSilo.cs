using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using RetNet.Extensions.DependencyInjection;
using RetNet.Extensions.Orleans.Placement;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>What the conversations of a silo share.</summary>
internal sealed class ConversationSilo(IServiceProvider services, IOptions<RetNetConversationOptions> options, TimeProvider time)
{
    /// <summary>The tokens with which a state counts whose model names no context.</summary>
    private const int UsualContext = 2048;

    /// <summary>A load that failed is not begun again by each conversation that is placed.</summary>
    private static readonly TimeSpan LoadAgainAfter = TimeSpan.FromSeconds(10);

    private readonly Lazy<IChatClient> _client = new(() => FindClient(services, options.Value.ServiceId));
    private FailedLoad? _failed;

    /// <summary>Answers.</summary>
    /// <exception cref="InvalidOperationException">There is no client, or it is that of the cluster.</exception>
    public IChatClient Client => _client.Value;

    public TimeProvider Time => time;

    /// <summary>Keeps conversations.</summary>
    public IGrainStorage Storage => services.GetRequiredKeyedService<IGrainStorage>(ConversationGrain.Storage);

    /// <summary>The places for conversations.</summary>
    public ConversationRoom Room { get; } = new(time);

    /// <summary>How many conversations fit into the memory: the options', or how many states of the model do. The first call loads the
    /// model.</summary>
    public async ValueTask<int> GetCapacityAsync()
    {
        if (options.Value.MaxConversations is { } most)
            return most;
        if (Client.GetService<SharedModel>() is not { } shared)
            return int.MaxValue;
        LoadedModel loaded = await LoadAsync(shared);
        long state = loaded.TextModel.Model.StateBytes(
            loaded.DefaultOptions.State, loaded.TextModel.Model.Info.ContextLength ?? UsualContext);
        return (int)Math.Clamp(options.Value.MemoryBytes / Math.Max(1, state), 1, int.MaxValue);
    }

    private async ValueTask<LoadedModel> LoadAsync(SharedModel shared)
    {
        if (_failed is { } failed && time.GetElapsedTime(failed.Since) < LoadAgainAfter)
            ExceptionDispatchInfo.Throw(failed.Exception);
        try
        {
            return await shared.GetAsync();
        }
        catch (Exception exception)
        {
            _failed = new FailedLoad(exception, time.GetTimestamp());
            throw;
        }
    }

    private static IChatClient FindClient(IServiceProvider services, string? serviceId)
    {
        string name = serviceId is null ? "default chat client" : $"chat client '{serviceId}'";
        IChatClient client = services.GetKeyedService<IChatClient>(serviceId) ?? throw new InvalidOperationException(
            $"The silo has no {name}; expected one, as services.AddRetNetChatClient registers it, which answers conversations.");
        return client.GetService<ClusterChatClient>() is null ? client : throw new InvalidOperationException(
            $"The silo's {name} is the client of the cluster itself; expected that of a model. Register the model under a service id, and "
                + $"set {nameof(RetNetConversationOptions)}.{nameof(RetNetConversationOptions.ServiceId)}.");
    }

    private sealed record FailedLoad(Exception Exception, long Since);
}
