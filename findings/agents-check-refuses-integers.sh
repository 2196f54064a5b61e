#!/usr/bin/env bash
# Microsoft.Agents.AI 1.28.0: EvalChecks.ToolCallArgsMatch finds no whole number equal to the one that is expected.
#
# Expected: a call whose arguments contain the expected ones passes, as documented; the check makes .NET values of the model's JSON so that they
#           can be compared. An ExpectedToolCall is written in C#, where 5 is an int.
# Seen:     every number of the JSON becomes a double, also where a long was meant (the two branches of a conditional have one type), and is
#           compared by Equals, which is false between types: 5 as an int and as a long is an "args mismatch", 5.0 passes. Texts, booleans and
#           fractions match. Where the arguments are no JSON (the same call, made within the process), 5 matches 5.
# So evaluations of functions with a count, a page or an id report failures that are none, and ids beyond 2^53 can be equal to others; write
# numbers as doubles.
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
    <NoWarn>\$(NoWarn);MAAI001;MEAI001</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Agents.AI" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text.Json;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

const string Json = """{"query":"hotels","limit":5,"rating":4.5,"open":true}""";
Dictionary<string, object> parsed = JsonSerializer.Deserialize<Dictionary<string, object>>(Json, AIJsonUtilities.DefaultOptions);
Print("query = \"hotels\"", parsed, "query", "hotels");
Print("open = true", parsed, "open", true);
Print("rating = 4.5", parsed, "rating", 4.5);
Print("limit = 5", parsed, "limit", 5);
Print("limit = 5L", parsed, "limit", 5L);
Print("limit = 5.0", parsed, "limit", 5.0);
Print("limit = 5, called in the process", new() { ["limit"] = 5 }, "limit", 5);

static void Print(string name, Dictionary<string, object> arguments, string key, object expected)
{
    ChatMessage call = new(ChatRole.Assistant, [new FunctionCallContent("1", "search", arguments)]);
    EvalItem item = new("Find hotels.", "Done.", [new ChatMessage(ChatRole.User, "Find hotels."), call])
    {
        ExpectedToolCalls = [new ExpectedToolCall("search", new Dictionary<string, object> { [key] = expected })],
    };
    EvalCheckResult result = EvalChecks.ToolCallArgsMatch()(item);
    Console.WriteLine($"{name}: {(result.Passed ? "passed" : result.Reason.Split('\n')[1].Trim())}");
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Agents.AI $version"
echo "$seen"
cat >expected <<'EOF'
query = "hotels": passed
open = true: passed
rating = 4.5: passed
limit = 5: search: args mismatch
limit = 5L: search: args mismatch
limit = 5.0: passed
limit = 5, called in the process: passed
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: 5 is not 5."
