#!/usr/bin/env bash
# Microsoft.Extensions.AI.OpenAI 10.11.0: what is changed in an answer of the history is not what the next request sends.
#
# Expected: the text of a history's message is what the model reads: TextContent.Text has a setter, and an application that blackens a
#           number, cuts a long answer or takes citations out before it goes on with the history changes what is sent.
# Seen:     each text that came from the service keeps the service's part as its RawRepresentation, and the adapter sends that part when it
#           has one. The history shows "[number]", the request has the number. An answer that was streamed in several pieces is put together
#           as a new text without such a part, so that the change is sent: the same code works in streams only.
# So replace the content (a new TextContent) or set RawRepresentation to null where a text is changed.
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

foreach (bool isStreamed in new[] { false, true })
{
    Service service = new();
    HttpClientPipelineTransport transport = new(new HttpClient(service));
    OpenAIClient openAI = new(new ApiKeyCredential("key"), new() { Endpoint = new("http://localhost/v1"), Transport = transport });
    IChatClient client = openAI.GetChatClient("model").AsIChatClient();

    List<ChatMessage> history = [new(ChatRole.User, "Who is the customer?")];
    if (isStreamed)
        await history.AddMessagesAsync(client.GetStreamingResponseAsync(history));
    else
        history.AddMessages(await client.GetResponseAsync(history));
    foreach (TextContent content in history[1].Contents.OfType<TextContent>())
        content.Text = content.Text.Replace("4711", "[number]");
    history.Add(new(ChatRole.User, "Write a letter."));
    await client.GetResponseAsync(history);

    string sent = (string)JsonNode.Parse(service.LastRequest)["messages"][1]["content"];
    Console.WriteLine($"{(isStreamed ? "streamed" : "at once")}: the history has '{history[1].Text}', sent is '{sent}'");
}

// Answers every request with the same text, as an OpenAI server does.
sealed class Service : HttpMessageHandler
{
    public string LastRequest { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        LastRequest = await request.Content.ReadAsStringAsync(cancellationToken);
        bool isStreamed = (bool?)JsonNode.Parse(LastRequest)["stream"] ?? false;
        string body = isStreamed
            ? $"data: {Choice("delta", "Customer ", "null")}\n\ndata: {Choice("delta", "4711.", "\"stop\"")}\n\ndata: [DONE]\n\n"
            : Choice("message", "Customer 4711.", "\"stop\"");
        return new() { Content = new StringContent(body, Encoding.UTF8, isStreamed ? "text/event-stream" : "application/json") };
    }

    private static string Choice(string kind, string text, string reason)
    {
        string message = $$"""{"role": "assistant", "content": "{{text}}"}""";
        string choice = $$"""{"index": 0, "{{kind}}": {{message}}, "finish_reason": {{reason}}}""";
        return $$"""{"id": "1", "created": 1, "model": "model", "choices": [{{choice}}]}""";
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Extensions.AI.OpenAI $version"
echo "$seen"
expected="at once: the history has 'Customer [number].', sent is 'Customer 4711.'
streamed: the history has 'Customer [number].', sent is 'Customer [number].'"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: a change of the history is not sent."
