#!/usr/bin/env bash
# Anthropic 13.14.0 (.NET) with Microsoft.Extensions.AI 10.11.0: AllowMultipleToolCalls = false is sent only if ToolMode is set too.
#
# Expected: ChatOptions.AllowMultipleToolCalls = false forbids several calls at once. ToolMode left alone is ChatToolMode.Auto, as its
#           documentation says, and the adapter has a word for both: tool_choice auto with disable_parallel_tool_use, as OpenAI's has.
# Seen:     without ToolMode no tool_choice is sent, and with it goes the ban; the service's own default is parallel calls. With
#           ToolMode = ChatToolMode.Auto the same options are sent in full.
# So functions that must not run beside each other (one seat, one file) are called together by Claude though not by other models; name
# ToolMode whenever AllowMultipleToolCalls is set.
# The service is an HttpMessageHandler.
set -euo pipefail
version=13.14.0
openai=10.11.0
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
    <PackageReference Include="Anthropic" Version="[$version]" />
    <PackageReference Include="Microsoft.Extensions.AI.OpenAI" Version="[$openai]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json.Nodes;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using OpenAI;

AIFunction function = AIFunctionFactory.Create((int seat) => "booked", "book");
Service service = new();
using HttpClient http = new(service);
AnthropicClient anthropic = new(new ClientOptions { ApiKey = "none", BaseUrl = "http://127.0.0.1", HttpClient = http });
OpenAIClient openai = new(
    new ApiKeyCredential("none"),
    new OpenAIClientOptions { Endpoint = new Uri("http://127.0.0.1"), Transport = new HttpClientPipelineTransport(http) });
foreach ((string name, IChatClient client) in new[]
    { ("Anthropic", anthropic.AsIChatClient("model")), ("OpenAI", openai.GetChatClient("model").AsIChatClient()) })
    foreach (ChatToolMode mode in new ChatToolMode[] { null, ChatToolMode.Auto })
    {
        await client.GetResponseAsync("Two seats.", new ChatOptions { Tools = [function], ToolMode = mode, AllowMultipleToolCalls = false });
        JsonNode sent = service.Sent;
        Console.WriteLine(
            $"{name}, ToolMode {(mode is null ? "not set" : "Auto")}: tool_choice {sent["tool_choice"]?.ToJsonString() ?? "-"}, "
            + $"parallel_tool_calls {sent["parallel_tool_calls"]?.ToJsonString() ?? "-"}");
    }

sealed class Service : HttpMessageHandler
{
    public JsonNode Sent { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken token)
    {
        Sent = JsonNode.Parse(await message.Content.ReadAsStringAsync(token));
        string answer = message.RequestUri.AbsolutePath.EndsWith("/messages", StringComparison.Ordinal)
            ? """
              {"id": "1", "type": "message", "role": "assistant", "model": "model", "content": [{"type": "text", "text": "ok"}],
               "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1}}
              """
            : """
              {"id": "1", "object": "chat.completion", "created": 1, "model": "model",
               "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}]}
              """;
        return new HttpResponseMessage { Content = new StringContent(answer, Encoding.UTF8, "application/json") };
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Anthropic $version, Microsoft.Extensions.AI.OpenAI $openai"
echo "$seen"
expected="Anthropic, ToolMode not set: tool_choice -, parallel_tool_calls -
Anthropic, ToolMode Auto: tool_choice {\"disable_parallel_tool_use\":true,\"type\":\"auto\"}, parallel_tool_calls -
OpenAI, ToolMode not set: tool_choice \"auto\", parallel_tool_calls false
OpenAI, ToolMode Auto: tool_choice \"auto\", parallel_tool_calls false"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the ban on several calls is lost without ToolMode."
