#!/usr/bin/env bash
# Microsoft.Extensions.AI.OpenAI 10.11.0 (OpenAI 2.14.0): of the Responses API, a whole answer has a finish reason only in a stream, and one
# that was cut only outside of streams.
#
# Expected: ChatResponse.FinishReason is stop for a response with "status": "completed", and length for one that is "incomplete" for
#           "max_output_tokens", streamed or not.
# Seen:     GetResponseAsync has length for the latter and null for the former; GetStreamingResponseAsync has stop for the former and null
#           for the latter.
# So code that takes only stop for a whole answer fails where it does not stream, and code that asks for length takes a streamed answer that
# was cut for a whole one.
# The service is an HttpMessageHandler.
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
    <NoWarn>OPENAI001</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.AI.OpenAI" Version="[$version]" />
    <PackageReference Include="OpenAI" Version="[2.14.0]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI;

foreach (string status in new[] { "completed", "incomplete" })
{
    HttpClientPipelineTransport transport = new(new HttpClient(new Service(status)));
    OpenAIClient openAI = new(new ApiKeyCredential("key"), new() { Endpoint = new("http://localhost/v1"), Transport = transport });
    IChatClient client = openAI.GetResponsesClient().AsIChatClient("model");
    ChatResponse atOnce = await client.GetResponseAsync("How much?");
    ChatResponse streamed = await client.GetStreamingResponseAsync("How much?").ToChatResponseAsync();
    Show($"{status}, at once", atOnce);
    Show($"{status}, streamed", streamed);
}

static void Show(string name, ChatResponse response) =>
    Console.WriteLine($"{name}: '{response.Text}', finish reason: {response.FinishReason?.Value ?? "none"}");

// Answers every request with the same text, as an OpenAI server does.
sealed class Service(string status) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        JsonNode asked = JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken));
        bool isStreamed = (bool?)asked["stream"] ?? false;
        return new()
        {
            Content = new StringContent(
                isStreamed ? Stream() : Response(status), Encoding.UTF8, isStreamed ? "text/event-stream" : "application/json"),
        };
    }

    private string Stream()
    {
        string item = Item("in_progress", "");
        string[] events =
        [
            Event("response.created", $"\"response\": {Response("in_progress")}", 0),
            Event("response.output_item.added", $"\"output_index\": 0, \"item\": {item}", 1),
            Event("response.output_text.delta",
                "\"item_id\": \"msg_1\", \"output_index\": 0, \"content_index\": 0, \"delta\": \"Twelve.\"", 2),
            Event("response.output_item.done", $"\"output_index\": 0, \"item\": {Item(status, "Twelve.")}", 3),
            Event($"response.{status}", $"\"response\": {Response(status)}", 4),
        ];
        return string.Concat(events);
    }

    private static string Event(string type, string fields, int number) =>
        $"event: {type}\ndata: {{\"type\": \"{type}\", \"sequence_number\": {number}, {fields}}}\n\n";

    private static string Item(string status, string text)
    {
        string content = text.Length == 0 ? "" : $$"""{"type": "output_text", "text": "{{text}}", "annotations": []}""";
        return $$"""{"type": "message", "id": "msg_1", "status": "{{status}}", "role": "assistant", "content": [{{content}}]}""";
    }

    private static string Response(string status) => $$"""
        {"id": "resp_1", "object": "response", "created_at": 1, "status": "{{status}}", "model": "model", "error": null,
        "incomplete_details": {{(status == "incomplete" ? """{"reason": "max_output_tokens"}""" : "null")}}, "instructions": null,
        "max_output_tokens": null, "output": [{{(status == "in_progress" ? "" : Item(status, "Twelve."))}}], "parallel_tool_calls": true,
        "previous_response_id": null, "store": true, "temperature": 1, "text": {"format": {"type": "text"} }, "tool_choice": "auto",
        "tools": [], "top_p": 1, "truncation": "disabled", "usage": null, "metadata": {} }
        """.ReplaceLineEndings("");
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Extensions.AI.OpenAI $version, OpenAI 2.14.0"
echo "$seen"
expected="completed, at once: 'Twelve.', finish reason: none
completed, streamed: 'Twelve.', finish reason: stop
incomplete, at once: 'Twelve.', finish reason: length
incomplete, streamed: 'Twelve.', finish reason: none"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
