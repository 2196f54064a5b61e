#!/usr/bin/env bash
# Microsoft.Extensions.AI 10.11.0: a SummarizingChatReducer has forgotten its summary when the history comes back from JSON, and summarizes
# everything again at every turn.
#
# Expected: the reducer builds on earlier summaries: it keeps them in the messages (AdditionalProperties), which are part of a message's JSON,
#           so that a chat that is stored between two requests costs as one that stays in memory: the summary and what is new.
# Seen:     in JSON the summary is there, but what is read is a JsonElement, and the reducer looks for a string. Each turn asks the model to
#           summarize the conversation from its first message on, longer each time, until it no longer fits the context. No exception, no log.
#           And a second system message is dropped always, also where nothing is reduced, though the documentation keeps system messages.
# So after reading make strings of the values of AdditionalProperties.
set -euo pipefail
version=10.11.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <NoWarn>\$(NoWarn);MEAI001</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.AI" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text.Json;
using Microsoft.Extensions.AI;

SummarizingChatReducer reducer = new(new Summarizer(), targetCount: 2, threshold: 1);
foreach (Func<List<ChatMessage>, List<ChatMessage>> store in new[] { null, Read(_ => { }), Read(MakeStrings) })
{
    Console.WriteLine(store is null ? "kept in memory:" : store.Target.ToString());
    List<ChatMessage> history = [];
    for (int turn = 1; turn <= 5; turn++)
    {
        history.Add(new ChatMessage(ChatRole.User, $"u{turn}"));
        await reducer.ReduceAsync(history, CancellationToken.None);
        history.Add(new ChatMessage(ChatRole.Assistant, $"a{turn}"));
        history = store?.Invoke(history) ?? history;
    }
}

ChatMessage[] system = [new(ChatRole.System, "instructions"), new(ChatRole.System, "facts"), new(ChatRole.User, "question")];
IEnumerable<ChatMessage> reduced = await reducer.ReduceAsync(system, CancellationToken.None);
Console.WriteLine($"three messages, none to reduce: {string.Join(", ", reduced.Select(message => message.Text))}");

static Func<List<ChatMessage>, List<ChatMessage>> Read(Action<ChatMessage> repair) => new Store(repair).Read;

static void MakeStrings(ChatMessage message)
{
    foreach ((string key, object value) in message.AdditionalProperties?.ToArray() ?? [])
        if (value is JsonElement { ValueKind: JsonValueKind.String } text)
            message.AdditionalProperties[key] = text.GetString();
}

sealed class Store(Action<ChatMessage> repair)
{
    public List<ChatMessage> Read(List<ChatMessage> history)
    {
        string json = JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions);
        List<ChatMessage> read = JsonSerializer.Deserialize<List<ChatMessage>>(json, AIJsonUtilities.DefaultOptions);
        read.ForEach(repair);
        return read;
    }

    public override string ToString() => repair.Method.Name.Contains("MakeStrings") ? "stored as JSON, with strings:" : "stored as JSON:";
}

sealed class Summarizer : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default)
    {
        // The last message is the reducer's prompt.
        string[] read = [.. messages.SkipLast(1).Select(message => message.Text)];
        Console.WriteLine($"  summarize {string.Join(" ", read)}");
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"[{read[0].Trim('[', ']').Split('-')[0]}-{read[^1]}]")));
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object GetService(Type serviceType, object serviceKey = null) => null;

    public void Dispose()
    {
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Extensions.AI $version"
echo "$seen"
expected="kept in memory:
  summarize u1 a1
  summarize [u1-a1] u2 a2
  summarize [u1-a2] u3 a3
stored as JSON:
  summarize u1 a1
  summarize u1 a1 u2 a2
  summarize u1 a1 u2 a2 u3 a3
stored as JSON, with strings:
  summarize u1 a1
  summarize [u1-a1] u2 a2
  summarize [u1-a2] u3 a3
three messages, none to reduce: instructions, question"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: a history that was stored is summarized from its beginning each time."
