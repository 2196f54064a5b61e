#!/usr/bin/env bash
# OllamaSharp 5.5.2 with Microsoft.Extensions.AI 10.11.0: ChatToolMode.None neither hides the functions from the model nor says a word.
#
# Expected: with ChatOptions.ToolMode = ChatToolMode.None no function is to be called in this turn, as its documentation says: tools are
#           left out of the request (Ollama has no tool_choice), calls out of the answer, or the options are refused.
# Seen:     OllamaApiClient does not read ToolMode. The request has the same tools as without it, a call of the model comes back as usual, and
#           UseFunctionInvocation runs the function.
# So where calls must not happen (a summary, a turn without consent), take Tools out of the options as well.
# The server is an HttpMessageHandler that calls the first function that it is offered.
set -euo pipefail
version=5.5.2
extensions=10.11.0
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
    <PackageReference Include="OllamaSharp" Version="[$version]" />
    <PackageReference Include="Microsoft.Extensions.AI" Version="[$extensions]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OllamaSharp;

int called = 0;
AIFunction function = AIFunctionFactory.Create(() => { called++; return "deleted"; }, "delete_account");
foreach (ChatToolMode mode in new ChatToolMode[] { ChatToolMode.Auto, ChatToolMode.None })
{
    called = 0;
    Server server = new();
    using HttpClient http = new(server) { BaseAddress = new Uri("http://127.0.0.1") };
    using IChatClient client = new ChatClientBuilder(new OllamaApiClient(http, "model")).UseFunctionInvocation().Build();
    ChatResponse response = await client.GetResponseAsync("Sum up.", new ChatOptions { Tools = [function], ToolMode = mode });
    Console.WriteLine($"{mode.GetType().Name}: tools offered {server.Offered}, function called {called}, answer \"{response.Text}\"");
}

sealed class Server : HttpMessageHandler
{
    public int Offered { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken token)
    {
        JsonNode request = JsonNode.Parse(await message.Content.ReadAsStringAsync(token));
        JsonArray messages = request["messages"].AsArray();
        JsonArray tools = request["tools"] as JsonArray ?? [];
        bool calls = tools.Count > 0 && (string)messages[^1]["role"] == "user";
        if (messages.Count == 1)
            Offered = tools.Count;
        JsonObject answer = new() { ["role"] = "assistant", ["content"] = calls ? "" : "done" };
        if (calls)
            answer["tool_calls"] = new JsonArray(new JsonObject
            {
                ["function"] = new JsonObject { ["name"] = (string)tools[0]["function"]["name"], ["arguments"] = new JsonObject() }
            });
        JsonObject response = new()
        {
            ["model"] = "model", ["created_at"] = "2026-01-01T00:00:00Z", ["message"] = answer, ["done"] = true, ["done_reason"] = "stop"
        };
        return new HttpResponseMessage { Content = new StringContent($"{response.ToJsonString()}\n", Encoding.UTF8, "application/x-ndjson") };
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "OllamaSharp $version, Microsoft.Extensions.AI $extensions"
echo "$seen"
expected="AutoChatToolMode: tools offered 1, function called 1, answer \"done\"
NoneChatToolMode: tools offered 1, function called 1, answer \"done\""
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: ChatToolMode.None changes nothing."
