#!/usr/bin/env bash
# Microsoft.ML 5.0.1: Model.Save reports no error when the end of the archive could not be written.
#
# Expected: a failing write of the target stream, such as on a full disk, ends Model.Save with its IOException.
# Seen:     the exceptions of writes of entries arrive. Those of writes of the zip archive's directory, which follows the entries,
#           do not: RepositoryWriter.Commit disposes the archive and drops what that throws. Save returns, and the file is no archive.
# So a model on a full disk can be lost without a word; load what was saved before an older file is deleted.
set -euo pipefail
version=5.0.1
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
    <PackageReference Include="Microsoft.ML" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.ML;

MLContext context = new();
IDataView data = context.Data.LoadFromEnumerable([new Row { Text = "a b" }, new Row { Text = "b c" }]);
ITransformer model = context.Transforms.Text.FeaturizeText("Features", nameof(Row.Text)).Fit(data);
int reported = 0, dropped = 0, loaded = 0;
for (int failing = 0; ; failing++)
{
    using FullDisk disk = new(failing);
    try
    {
        context.Model.Save(model, data.Schema, disk);
        if (!disk.HasFailed)
            break;
        dropped++;
        try
        {
            context.Model.Load(new MemoryStream(disk.ToArray()), out _);
            loaded++;
        }
        catch (Exception)
        {
        }
    }
    catch (IOException)
    {
        reported++;
    }
}

Console.WriteLine($"failures reported: {(reported > 0 ? "some" : "none")}, dropped: {(dropped > 0 ? "some" : "none")}");
Console.WriteLine($"archives of dropped failures that load: {loaded}");

sealed class Row
{
    public string Text { get; set; } = "";
}

// The n-th write fails, and every later one.
sealed class FullDisk(int failing) : Stream
{
    private readonly MemoryStream _content = new();
    private int _writes;

    public bool HasFailed => _writes > failing;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public byte[] ToArray() => _content.ToArray();

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (_writes++ >= failing)
            throw new IOException("No space left on device");
        _content.Write(buffer, offset, count);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.ML $version"
echo "$seen"
expected="failures reported: some, dropped: some
archives of dropped failures that load: 0"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: Model.Save returns though its archive could not be written."
