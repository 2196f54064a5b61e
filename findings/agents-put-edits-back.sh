#!/usr/bin/env bash
# Microsoft.Agents.AI 1.28.0: what middleware changes in a stream of updates is back in the response that is put together from it.
#
# Expected: middleware over RunStreamingAsync that replaces the contents of the updates, such as one that blackens numbers, changes what its
#           callers get, in whatever form: AIAgentBuilder.Use documents that with a streaming delegate alone RunAsync goes through it too.
# Seen:     a caller of RunStreamingAsync reads "[number]". RunAsync of the same agent, and ToAgentResponseAsync over the same stream,
#           return the number: they put together not the updates but the ChatResponseUpdate that each has as its RawRepresentation.
# So a guard that was tested on the stream lets everything pass where the answer is taken at once; it has to yield new updates, or set
# RawRepresentation to null in those that it changes.
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
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Agents.AI" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Runtime.CompilerServices;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

AIAgent guarded = new ChatClientAgent(new Model()).AsBuilder().Use(runFunc: null, runStreamingFunc: BlackenAsync).Build();
string streamed = "";
await foreach (AgentResponseUpdate update in guarded.RunStreamingAsync("Who is the customer?"))
    streamed += update.Text;
Console.WriteLine($"RunStreamingAsync: {streamed}");
Console.WriteLine($"ToAgentResponseAsync: {(await guarded.RunStreamingAsync("Who is the customer?").ToAgentResponseAsync()).Text}");
Console.WriteLine($"RunAsync: {(await guarded.RunAsync("Who is the customer?")).Text}");

static async IAsyncEnumerable<AgentResponseUpdate> BlackenAsync(
    IEnumerable<ChatMessage> messages, AgentSession session, AgentRunOptions options, AIAgent inner,
    [EnumeratorCancellation] CancellationToken cancellationToken)
{
    await foreach (AgentResponseUpdate update in inner.RunStreamingAsync(messages, session, options, cancellationToken))
    {
        update.Contents = [new TextContent(update.Text.Replace("4711", "[number]"))];
        yield return update;
    }
}

sealed class Model : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, "Customer ");
        yield return new ChatResponseUpdate(ChatRole.Assistant, "4711.");
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

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
expected="RunStreamingAsync: Customer [number].
ToAgentResponseAsync: Customer 4711.
RunAsync: Customer 4711."
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the response has what the stream no longer had."
