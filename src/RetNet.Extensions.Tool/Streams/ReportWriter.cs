using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Tool.Streams;

/// <summary>Writes progress, warnings and errors as far as they can be written: a report that cannot does not end what is reported.
/// Thread-safe.</summary>
/// <param name="writer">Receives them.</param>
internal sealed class ReportWriter(TextWriter writer) : TextWriter(CultureInfo.InvariantCulture)
{
    private readonly Lock _gate = new();

    public override Encoding Encoding => writer.Encoding;

    public override void Write(char value) => Write(new ReadOnlySpan<char>(in value));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_gate)
        {
            try
            {
                writer.Write(buffer);
            }
            catch (IOException)
            {
                // There is no other place to say so.
            }
        }
    }

    public override void WriteLine(string? value) => Write(value + NewLine);

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }
}
