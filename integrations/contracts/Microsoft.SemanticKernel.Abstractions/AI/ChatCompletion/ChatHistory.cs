using System.Collections.ObjectModel;
using System.Text;

namespace Microsoft.SemanticKernel.ChatCompletion;

public class ChatHistory : Collection<ChatMessageContent>
{
    public ChatHistory()
    {
    }

    public ChatHistory(string systemMessage)
        : this(systemMessage, AuthorRole.System)
    {
    }

    public ChatHistory(string message, AuthorRole role)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(message);
        Add(new ChatMessageContent(role, message));
    }

    public ChatHistory(IEnumerable<ChatMessageContent> messages) => AddRange(messages);

    public void AddMessage(
        AuthorRole authorRole, string content, Encoding? encoding = null, IReadOnlyDictionary<string, object?>? metadata = null)
        => Add(new ChatMessageContent(authorRole, content, null, null, encoding, metadata));

    public void AddUserMessage(string content) => AddMessage(AuthorRole.User, content);

    public void AddAssistantMessage(string content) => AddMessage(AuthorRole.Assistant, content);

    public void AddSystemMessage(string content) => AddMessage(AuthorRole.System, content);

    public void AddDeveloperMessage(string content) => AddMessage(AuthorRole.Developer, content);

    public void AddRange(IEnumerable<ChatMessageContent> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        foreach (var item in items)
            Add(item);
    }

    public void RemoveRange(int index, int count) => ((List<ChatMessageContent>)Items).RemoveRange(index, count);

    protected override void InsertItem(int index, ChatMessageContent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        base.InsertItem(index, item);
    }

    protected override void SetItem(int index, ChatMessageContent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        base.SetItem(index, item);
    }
}
