#!/usr/bin/env bash
# OpenAI 2.14.0 (.NET): a chat stream that fails half-way ends like one that is complete.
#
# Expected: a server that fails after it has begun to stream sends `data: {"error": {…}}`, as vLLM and llama.cpp's server do. OpenAI's own
#           client for JavaScript throws an error with its message when it reads it, and so does that for Python.
# Seen:     the client for .NET makes an update without text of it. The stream ends without an exception, and what has come so far looks
#           like the whole answer; Microsoft.Extensions.AI.OpenAI 10.11.0 hands it on. Only the finish reason is missing.
# So a .NET program takes a streamed answer without a finish reason for a failed one.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

cat >package.json <<'EOF'
{ "type": "module", "dependencies": { "openai": "6.9.1" } }
EOF
npm install --no-audit --no-fund --silent

cat >server.mjs <<'EOF'
import http from "node:http";

const chunk = text => `data: ${JSON.stringify({
    id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "model",
    choices: [{ index: 0, delta: { role: "assistant", content: text }, finish_reason: null }],
})}\n\n`;
const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(chunk("The sum is "));
    response.end('data: {"error": {"message": "out of memory", "type": "server_error", "param": null, "code": null}}\n\n');
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
EOF

cat >client.mjs <<'EOF'
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "none", baseURL: process.argv[2], maxRetries: 0 });
let text = "";
try {
    const stream = await client.chat.completions.create({
        model: "model", stream: true, messages: [{ role: "user", content: "hello" }],
    });
    for await (const chunk of stream)
        text += chunk.choices[0].delta.content;
    console.log(`'${text}', no error`);
} catch (error) {
    console.log(`'${text}', ${error.message}`);
}
EOF

cat >finding.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.AI.OpenAI" Version="[10.11.0]" />
    <PackageReference Include="OpenAI" Version="[2.14.0]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

OpenAIClientOptions options = new() { Endpoint = new Uri(args[0]), RetryPolicy = new ClientRetryPolicy(0) };
ChatClient chat = new("model", new ApiKeyCredential("none"), options);
string text = "";
try
{
    await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync("hello"))
        text += string.Concat(update.ContentUpdate.Select(part => part.Text));
    Console.WriteLine($"'{text}', no error");
}
catch (Exception exception)
{
    Console.WriteLine($"'{text}', {exception.Message}");
}

try
{
    ChatResponse response = await chat.AsIChatClient().GetStreamingResponseAsync("hello").ToChatResponseAsync();
    Console.WriteLine($"'{response.Text}', finish reason: {response.FinishReason?.Value ?? "none"}");
}
catch (Exception exception)
{
    Console.WriteLine(exception.Message);
}
EOF

node server.mjs >port &
server=$!
until [ -s port ]; do sleep 0.1; done
url="http://127.0.0.1:$(cat port)/v1"
javascript=$(node client.mjs "$url")
dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
dotnet=$(dotnet run --no-build -- "$url")
echo "openai 6.9.1 (JavaScript): $javascript"
echo "OpenAI 2.14.0 and Microsoft.Extensions.AI.OpenAI 10.11.0 (.NET):"
echo "$dotnet"
expected="'The sum is ', no error
'The sum is ', finish reason: none"
[[ $javascript == "'The sum is ', "*"out of memory"* && $dotnet == "$expected" ]] || { echo "This has changed."; exit 1; }
