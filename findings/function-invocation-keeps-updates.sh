#!/usr/bin/env bash
# Microsoft.Extensions.AI 10.11.0: what a consumer writes on a streamed update changes what UseFunctionInvocation sends to the model.
#
# Expected: a client around UseFunctionInvocation that stamps each update that passes it (its own ConversationId, say) changes what its
#           callers see, nothing else: the updates have left the function-invoking client.
# Seen:     that client yields the very instances that it puts together afterwards to plan the next request. It finds the ConversationId,
#           takes the model's service for one that keeps the history, and sends it the results of the functions alone: neither the question
#           nor the call. Without streaming the whole history is sent.
# So middleware outside has to stamp copies (ChatResponseUpdate.Clone).
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
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

string plain = await AskAsync(isStamped: false), stamped = await AskAsync(isStamped: true);
Console.WriteLine($"the second request, as it is: {plain}");
Console.WriteLine($"the second request, stamped outside: {stamped}");
return plain == "user assistant tool" && stamped == "tool" ? 0 : 1;

// The roles of the messages that the model gets after its call.
static async Task<string> AskAsync(bool isStamped)
{
    CallingModel model = new();
    using IChatClient client = model.AsBuilder().UseFunctionInvocation().Build();
    ChatOptions options = new() { Tools = [AIFunctionFactory.Create(() => "sunny", "GetWeather")] };
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("How is the weather?", options))
    {
        if (isStamped)
            update.ConversationId = "conversation-1";
    }

    return model.LastRoles;
}

// Calls the function once, then answers.
sealed class CallingModel : IChatClient
{
    private int _requests;

    public string LastRoles { get; private set; } = "";

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        LastRoles = string.Join(' ', messages.Select(message => message.Role.Value));
        await Task.Yield();
        yield return _requests++ == 0
            ? new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("call-1", "GetWeather")])
            : new ChatResponseUpdate(ChatRole.Assistant, "It is sunny.");
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
echo "Microsoft.Extensions.AI $version"
dotnet run --no-build || { echo "This has changed."; exit 1; }
