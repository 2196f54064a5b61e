#!/usr/bin/env bash
# ModelContextProtocol.Core 2.4.0: a client cannot read a tool's result whose content has annotations.
#
# Expected: annotations (audience, priority) are an optional member of every content of the protocol.
# Seen:     the call fails with an InvalidOperationException: "Cannot insert the values of 'TypeInfoResolver' …".
# So get-annotated-message of @modelcontextprotocol/server-everything fails in every client of the C# SDK, whatever model calls it.
set -euo pipefail
version=2.4.0
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
    <PackageReference Include="ModelContextProtocol.Core" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

if (args is ["server"])
{
    while (Console.ReadLine() is { } line)
    {
        JsonNode message = JsonNode.Parse(line)!;
        if (message["id"] is not { } id)
            continue;
        string tool = """{"name": "NAME", "inputSchema": {"type": "object"}}""";
        string more = $"{message["params"]?["name"]}" == "annotated" ? ", \"annotations\": {\"priority\": 1}" : "";
        string? result = $"{message["method"]}" switch
        {
            "initialize" => """
                {"protocolVersion": VERSION, "capabilities": {"tools": {}}, "serverInfo": {"name": "finding", "version": "1.0"}}
                """.Replace("VERSION", message["params"]!["protocolVersion"]!.ToJsonString()),
            "tools/list" => "{\"tools\": [" + tool.Replace("NAME", "plain") + ", " + tool.Replace("NAME", "annotated") + "]}",
            "tools/call" => """{"content": [{"type": "text", "text": "hello"MORE}]}""".Replace("MORE", more),
            _ => null,
        };
        string answer = result is null ? "\"error\": {\"code\": -32601, \"message\": \"unknown\"}" : "\"result\": " + result;
        Console.WriteLine("{\"jsonrpc\": \"2.0\", \"id\": " + id.ToJsonString() + ", " + answer + "}");
    }

    return;
}

await using McpClient client = await McpClient.CreateAsync(new StdioClientTransport(
    new() { Command = Environment.ProcessPath!, Arguments = ["server"] }));
foreach (McpClientTool tool in (await client.ListToolsAsync()).OrderByDescending(tool => tool.Name))
{
    try
    {
        CallToolResult result = await tool.CallAsync();
        Console.WriteLine($"{tool.Name}: {((TextContentBlock)result.Content[0]).Text}");
    }
    catch (InvalidOperationException exception)
    {
        Console.WriteLine($"{tool.Name}: {exception.GetType().Name}");
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "ModelContextProtocol.Core $version"
echo "$seen"
expected='plain: hello
annotated: InvalidOperationException'
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: annotated content is not read."
