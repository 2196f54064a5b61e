using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI.Conversations;

namespace Microsoft.Extensions.AI;

/// <summary>Adds conversations that are kept to a pipeline of clients.</summary>
public static class ConversationChatClientBuilderExtensions
{
    /// <summary>Keeps the conversations of the clients that are added after this one: see <see cref="ConversationChatClient"/>.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="store">The store; null for the <see cref="IConversationStore"/> among the services.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">When the client is built: there is no store among the services.</exception>
    public static ChatClientBuilder UseConversations(this ChatClientBuilder builder, IConversationStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) =>
            new ConversationChatClient(inner, store ?? services.GetRequiredService<IConversationStore>()));
    }
}
