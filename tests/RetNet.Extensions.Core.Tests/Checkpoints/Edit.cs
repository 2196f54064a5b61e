using System.Text;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>One random change of a file's bytes. FsCheck makes arrays of them and drops those that a failure does not need.</summary>
/// <param name="Kind">What is done, see <see cref="ApplyTo"/>.</param>
/// <param name="Position">Where, modulo the file's length.</param>
/// <param name="Amount">How many bytes, or which of the fragments.</param>
public sealed record Edit(int Kind, int Position, int Amount)
{
    // The syntax of JSON and numbers at the edges.
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", "\"", ":", ",", "0", "-1", "1e999", "0.5", "null", "true", "\\ud800", "\0", "é", "9223372036854775807",
        "18446744073709551616", "\"w\":", "{}", "[0,0]", "F64", " ",
    ];

    /// <summary>All edits in turn.</summary>
    public static byte[] Apply(Edit[] edits, ReadOnlySpan<byte> original)
    {
        List<byte> bytes = new(original.ToArray());
        foreach (Edit edit in edits)
        {
            if (bytes.Count > 0)
                edit.ApplyTo(bytes);
        }

        return bytes.ToArray();
    }

    private void ApplyTo(List<byte> bytes)
    {
        int at = Position % bytes.Count;
        int count = Math.Min(Amount % 16 + 1, bytes.Count - at);
        switch (Kind)
        {
            case 0:
                bytes[at] = (byte)Amount;
                break;
            case 1:
                bytes.RemoveRange(at, count);
                break;
            case 2:
                bytes.InsertRange(at, bytes.GetRange(at, count));
                break;
            case 3:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[Amount % Fragments.Length]));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                int digit = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
                if (digit >= 0)
                    bytes[digit] = (byte)('0' + Amount % 10);
                break;
        }
    }
}
