#!/usr/bin/env bash
# Microsoft.Extensions.AI 10.11.0: UseDistributedCache answers a request with tools from the cache of the same request without, or with
# other tools.
#
# Expected: a cached answer is for the same messages and options. The tools are of the options, and decide what the model can answer.
# Seen:     the key is a hash of the messages and options as JSON, and ChatOptions.Tools is not in that JSON, although ToolMode and every
#           number are. A question that was asked before the application had the function is answered as then: the model is not asked,
#           and the function is not called. Two agents over one cache answer for each other.
# So name the tools in the key: a client that derives from DistributedCachingChatClient can add them in GetCacheKey.
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
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.AI" Version="[$version]" />
    <PackageReference Include="Microsoft.Extensions.Caching.Memory" Version="[10.0.11]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

MemoryDistributedCache cache = new(Options.Create(new MemoryDistributedCacheOptions()));
IChatClient client = new Model().AsBuilder().UseDistributedCache(cache).UseFunctionInvocation().Build();
AITool[] tools = [AIFunctionFactory.Create(() => "sunny", "GetWeather")];
await AskAsync("no tools", new());
await AskAsync("GetWeather", new() { Tools = tools });
await AskAsync("GetWeather, another temperature", new() { Tools = tools, Temperature = 0.5f });

async Task AskAsync(string name, ChatOptions options) =>
    Console.WriteLine($"{name}: {(await client.GetResponseAsync("How is the weather?", options)).Text}");

// Calls the first tool that it is given, and answers with what it returns.
sealed class Model : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default)
    {
        FunctionResultContent result = messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().LastOrDefault();
        AIContent answer =
            result is not null ? new TextContent($"It is {result.Result}.") :
            options?.Tools is [AITool tool] ? new FunctionCallContent("call-1", tool.Name) :
            new TextContent("I cannot know.");
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [answer])));
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
expected="no tools: I cannot know.
GetWeather: I cannot know.
GetWeather, another temperature: It is sunny."
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: an answer without tools is given where there are tools."
