#!/usr/bin/env bash
# .NET 10.0.12 on Linux: what a console program writes after its reader has gone is dropped without an exception.
#
# Expected: a program whose output is read by `head -c 5` learns that nobody reads it any more. A C program is ended by SIGPIPE;
#           the runtime ignores that signal, so that the write fails with EPIPE, which is an IOException.
# Seen:     Console.Out and the stream of Console.OpenStandardOutput take every write and report nothing: the program works on to its
#           end and exits with 0. A FileStream on the same descriptor throws "Broken pipe".
# So a program that generates for minutes goes on after `program | head`; to end then, write to the descriptor itself.
set -euo pipefail
version=10.0.12
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
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Text;
using Microsoft.Win32.SafeHandles;

// More than any pipe holds.
const int lines = 1_000_000;
string line = "0123456789\n";
byte[] bytes = Encoding.ASCII.GetBytes(line);
int written = 0;
string end = "no exception";
try
{
    Action write = args[0] switch
    {
        "Console.Out" => () => Console.Out.Write(line),
        "Console.OpenStandardOutput" => Use(Console.OpenStandardOutput()),
        _ => Use(new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0)),
    };
    for (; written < lines; written++)
        write();
}
catch (IOException exception)
{
    end = $"{exception.GetType().Name}: {exception.Message}";
}

Console.Error.WriteLine($"{args[0]}: {(written == lines ? "all" : "not all")} lines, {end}");

Action Use(Stream stream) => () => stream.Write(bytes);
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
dll=bin/Debug/net10.0/finding.dll
for output in Console.Out Console.OpenStandardOutput FileStream; do
    { dotnet "$dll" $output 2>>seen.txt || true; } | head -c 5 >/dev/null
done
seen=$(cat seen.txt)
echo "Seen on .NET $version, run on $(dotnet --list-runtimes | grep '^Microsoft.NETCore.App 10\.' | cut -d' ' -f2 | tail -n 1):"
echo "$seen"
expected="Console.Out: all lines, no exception
Console.OpenStandardOutput: all lines, no exception
FileStream: not all lines, IOException: Broken pipe"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the console's streams drop what nobody reads."
