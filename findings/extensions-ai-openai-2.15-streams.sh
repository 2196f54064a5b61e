#!/usr/bin/env bash
# Microsoft.Extensions.AI.OpenAI 10.11.0 beside OpenAI 2.15.0: streamed responses end with a MissingMethodException.
#
# Expected: Microsoft.Extensions.AI.OpenAI 10.11.0 depends on OpenAI >= 2.14.0, so that an application may take the next minor version.
#           Both restore and build together without a warning, and answers that are not streamed work.
# Seen:     ResponsesClient.CreateResponseStreamingAsync returns another type in 2.15.0 than in 2.14.0, so that the method that the adapter
#           was compiled against is gone. The first GetStreamingResponseAsync of ResponsesClient.AsIChatClient() throws, before anything is
#           sent; a chat client of the same packages streams. With 2.14.0 the stream begins.
# So an application that names OpenAI itself takes [2.14.0] as long as it streams responses through Microsoft.Extensions.AI.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >Program.cs <<'EOF'
using System.ClientModel;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.AI;
using OpenAI.Responses;

#pragma warning disable OPENAI001

// A port where nobody listens: a client that gets as far as sending fails to connect.
TcpListener closed = new(IPAddress.Loopback, 0);
closed.Start();
Uri endpoint = new($"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}/v1");
closed.Stop();

ResponsesClient responses = new(
    new ApiKeyCredential("none"),
    new ResponsesClientOptions { Endpoint = endpoint, RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) });
IChatClient client = responses.AsIChatClient("model");
try
{
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello"))
        Console.WriteLine(update.Text);
}
catch (MissingMethodException)
{
    Console.WriteLine("missing method");
}
catch (Exception exception)
{
    Console.WriteLine($"sent: {exception.GetType().Name}");
}
EOF

run() {
    cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.AI.OpenAI" Version="[10.11.0]" />
    <PackageReference Include="OpenAI" Version="[$1]" />
  </ItemGroup>
</Project>
EOF
    dotnet run | tail -n 1
}

before=$(run 2.14.0)
after=$(run 2.15.0)
echo "OpenAI 2.14.0: $before"
echo "OpenAI 2.15.0: $after"
[[ $before == sent:* && $after == "missing method" ]] || { echo "This has changed."; exit 1; }
