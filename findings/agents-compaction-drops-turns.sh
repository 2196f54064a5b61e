#!/usr/bin/env bash
# Microsoft.Agents.AI 1.28.0: with a CompactionProvider, an agent whose user says the same thing twice in a row goes blind.
#
# Expected: a strategy whose trigger is far away (100,000 tokens) changes nothing: the model reads every turn, as without it.
# Seen:     the provider keeps an index of the messages. It takes a request whose last message has the text of the last one that it knows
#           for a request without news, so that "continue" after "continue" adds nothing: the model reads the same messages again, neither
#           its own last answer nor the new question, and answers what it answered before. Nothing is logged.
# So leave a CompactionProvider out of agents that people talk to; an IChatReducer in the InMemoryChatHistoryProvider has no such index.
set -euo pipefail
version=1.28.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <NoWarn>\$(NoWarn);MAAI001</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Agents.AI" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Compaction;
using Microsoft.Extensions.AI;

foreach (bool isCompacted in new[] { false, true })
{
    ChatClientAgentOptions options = new();
    if (isCompacted)
        options.AIContextProviders = [new CompactionProvider(new TruncationCompactionStrategy(CompactionTriggers.TokensExceed(100_000)))];
    AIAgent agent = new ChatClientAgent(new Model(), options);
    AgentSession session = await agent.CreateSessionAsync();
    Console.WriteLine(isCompacted ? "with a CompactionProvider:" : "without:");
    foreach (string text in new[] { "Tell a story.", "continue", "continue", "continue" })
        await agent.RunAsync(text, session);
}

// Prints what it reads and answers with the number of the part that follows.
sealed class Model : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default)
    {
        ChatMessage[] read = [.. messages];
        Console.WriteLine($"  {string.Join(" | ", read.Select(message => message.Text))}");
        int part = read.Count(message => message.Role == ChatRole.Assistant) + 1;
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"part {part}")));
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
echo "Microsoft.Agents.AI $version"
echo "$seen"
expected="without:
  Tell a story.
  Tell a story. | part 1 | continue
  Tell a story. | part 1 | continue | part 2 | continue
  Tell a story. | part 1 | continue | part 2 | continue | part 3 | continue
with a CompactionProvider:
  Tell a story.
  Tell a story. | part 1 | continue
  Tell a story. | part 1 | continue
  Tell a story. | part 1 | continue"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the model does not read what comes after a message that is repeated."
