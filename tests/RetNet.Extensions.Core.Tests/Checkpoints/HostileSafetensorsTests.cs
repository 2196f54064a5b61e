using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Malformed safetensors files: each is refused with a message that names the file and the tensor, at once and without a large
/// allocation.</summary>
public class HostileSafetensorsTests
{
    private const long AllocationLimit = 8 << 20;
    private const string W = """ "w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]} """;

    /// <summary>Name, file, the tensor at fault (or null), a part of the message.</summary>
    private static readonly (string Name, Func<byte[]> Bytes, string? Tensor, string Message)[] Cases =
    [
        ("empty file", () => [], null, "an empty file"),
        ("seven bytes", () => new byte[7], null, "7 bytes"),
        ("zeros only", () => new byte[64], null, "'{'"),
        ("empty header", () => SafetensorsBytes.File("", 0), null, "'{'"),
        ("header length beyond the file", () => SafetensorsBytes.File("{}"u8.ToArray(), [], 1000), null, "a header length of 1000 bytes"),
        ("header length of all ones", () => SafetensorsBytes.File("{}"u8.ToArray(), [],
            ulong.MaxValue), null, "a header length of 18446744073709551615"),
        ("header length above the limit", () => SafetensorsBytes.File("{}"u8.ToArray(), [], 100_000_001), null, "at most 100000000"),
        ("header length that turns negative", () => SafetensorsBytes.File("{}"u8.ToArray(), [], 1UL << 63), null, "a header length"),
        ("header is an array", () => SafetensorsBytes.File("[1,2]", 0), null, "'{'"),
        ("header is a number", () => SafetensorsBytes.File("1", 0), null, "'{'"),
        ("header with leading space", () => SafetensorsBytes.File(" " + SafetensorsBytes.OneTensor, 24), null, "'{'"),
        ("header cut short", () => SafetensorsBytes.File(SafetensorsBytes.OneTensor[..^5], 24), null, "valid JSON"),
        ("text after the header object", () => SafetensorsBytes.File(SafetensorsBytes.OneTensor + "{}", 24), null, "valid JSON"),
        ("trailing comma", () => SafetensorsBytes.File("{" + W + ",}", 24), null, "valid JSON"),
        ("comment", () => SafetensorsBytes.File("{/* */" + W + "}", 24), null, "valid JSON"),
        ("invalid UTF-8", () => SafetensorsBytes.File([.. "{\""u8, 0xC3, 0x28, .. "\":{}}"u8], []), null, "UTF-8"),
        ("lone surrogate in a name", () => SafetensorsBytes.File("""{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""",
            0), null, "valid JSON"),
        ("header of a pickle", () => [0x80, 0x02, .. "ctorch._utils"u8, .. new byte[64]], null, "a header length"),
        ("deep arrays", () => SafetensorsBytes.File("{\"w\":" + new string('[', 100_000), 0), null, ""),
        ("deep objects", () => SafetensorsBytes.File("{" + string.Concat(Enumerable.Repeat("\"a\":{", 100_000)), 0), "a", "unknown"),
        ("deep array as shape", () => SafetensorsBytes.File("""{"w":{"shape":""" + new string('[', 100_000), 0), null, "valid JSON"),
        ("a million open braces", () => SafetensorsBytes.File(new string('{', 1_000_000), 0), null, "valid JSON"),
        ("two entries of one name", () => SafetensorsBytes.File("{" + W + "," + W + "}", 24), "w", "two entries"),
        ("two metadata entries", () => SafetensorsBytes.File("""{"__metadata__":{},"__metadata__":{}}""",
            0), "__metadata__", "two entries"),
        ("metadata is text", () => SafetensorsBytes.File("""{"__metadata__":"pt"}""", 0), null, "__metadata__"),
        ("metadata maps to a number", () => SafetensorsBytes.File("""{"__metadata__":{"format":1}}""", 0), null, "__metadata__"),
        ("metadata is nested", () => SafetensorsBytes.File("""{"__metadata__":{"format":{}}}""", 0), null, "__metadata__"),
        ("name of a megabyte", () => SafetensorsBytes.File("{\"" + new string('x', 1_000_000) + "\":{}}", 0), null, "1000000 bytes"),
        ("description is a number", () => SafetensorsBytes.File("""{"w":7}""", 0), "w", "Number"),
        ("description is null", () => SafetensorsBytes.File("""{"w":null}""", 0), "w", "Null"),
        ("description is empty", () => SafetensorsBytes.File("""{"w":{}}""", 0), "w", "without one of its fields"),
        ("no dtype", () => SafetensorsBytes.File("""{"w":{"shape":[0],"data_offsets":[0,0]}}""", 0), "w", "dtype"),
        ("no shape", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","data_offsets":[0,0]}}""", 0), "w", "shape"),
        ("no offsets", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[0]}}""", 0), "w", "data_offsets"),
        ("unknown field", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"strides":[1]}}""",
            0), "w", "unknown"),
        ("repeated field", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","dtype":"F16","shape":[0],"data_offsets":[0,0]}}""",
            0), "w", "repeated"),
        ("unknown dtype", () => SafetensorsBytes.File("""{"w":{"dtype":"F128","shape":[0],"data_offsets":[0,0]}}""", 0), "w", "F128"),
        ("dtype is a number", () => SafetensorsBytes.File("""{"w":{"dtype":32,"shape":[0],"data_offsets":[0,0]}}""", 0), "w", "dtype"),
        ("dtype of a megabyte", () => SafetensorsBytes.File("{\"w\":{\"dtype\":\"" + new string('F', 1_000_000) + "\"}}", 0), "w", "dtype"),
        ("shape is a number", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":6,"data_offsets":[0,24]}}""", 24), "w", "shape"),
        ("negative dimension", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[-2,-3],"data_offsets":[0,24]}}""",
            24), "w", "shape"),
        ("fractional dimension", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[1.5,4],"data_offsets":[0,24]}}""",
            24), "w", "shape"),
        ("dimension in an exponent", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[1e300],"data_offsets":[0,24]}}""",
            24), "w", "shape"),
        ("dimension as text", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":["6"],"data_offsets":[0,24]}}""",
            24), "w", "shape"),
        ("dimension beyond 64 bits", () => SafetensorsBytes.File(
            """{"w":{"dtype":"F32","shape":[18446744073709551622],"data_offsets":[0,24]}}""", 24), "w", "shape"),
        ("rank 9", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,6],"data_offsets":[0,24]}}""",
            24), "w", "at most 8"),
        ("shape of a million dimensions", () => SafetensorsBytes.File(
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[" + string.Join(',', Enumerable.Repeat("1", 1_000_000)) + "]}}", 0), "w", "at most 8"),
        ("shape whose product wraps to the right size", () => SafetensorsBytes.File(
            """{"w":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}}""", 16), "w", "16 bytes"),
        ("shape whose product overflows", () => SafetensorsBytes.File(
            """{"w":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,24]}}""", 24), "w", "24 bytes"),
        ("shape too large for the range", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[2,4],"data_offsets":[0,24]}}""",
            24), "w", "[2 × 4]"),
        ("shape too small for the range", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,24]}}""",
            24), "w", "[2 × 2]"),
        ("terabytes in a small file", () => SafetensorsBytes.File(
            """{"w":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}""", 24), "w", "24 bytes of data"),
        ("half a byte", () => SafetensorsBytes.File("""{"w":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1), "w", "[3]"),
        ("three offsets", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[6],"data_offsets":[0,24,24]}}""",
            24), "w", "data_offsets"),
        ("one offset", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[6],"data_offsets":[24]}}""", 24), "w", "data_offsets"),
        ("negative offset", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[6],"data_offsets":[-24,0]}}""",
            24), "w", "data_offsets"),
        ("offsets turned round", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[6],"data_offsets":[24,0]}}""",
            24), "w", "[24, 0]"),
        ("offsets beyond the file", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[6],"data_offsets":[8,32]}}""",
            24), "w", "[8, 32]"),
        ("offset of the largest integer", () => SafetensorsBytes.File(
            """{"w":{"dtype":"F32","shape":[6],"data_offsets":[9223372036854775783,9223372036854775807]}}""", 24), "w", "24 bytes of data"),
        ("truncated data", () => SafetensorsBytes.File(SafetensorsBytes.OneTensor, 23), "w", "23 bytes of data"),
        ("bytes after the last tensor", () => SafetensorsBytes.File(SafetensorsBytes.OneTensor, 25), null, "1 bytes after the last tensor"),
        ("data without tensors", () => SafetensorsBytes.File("{}", 8), null, "8 bytes after the last tensor"),
        ("hole before the first tensor", () => SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[6],"data_offsets":[8,32]}}""",
            32), "w", "begin at 8"),
        ("hole between tensors", () => SafetensorsBytes.File(
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12), "b",
            "begin at 8"),
        ("overlapping tensors", () => SafetensorsBytes.File(
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12), "b",
            "overlap"),
        ("two tensors in one place", () => SafetensorsBytes.File(
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8), "b",
            "overlap"),
        ("control characters in a name", () => SafetensorsBytes.File("""{"\u001b[2J":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""",
            8), "\u001b[2J", "'\uFFFD[2J'"),
        ("ten thousand copies of one range", () => SafetensorsBytes.File(ManyEntries(10_000), 4), null, "overlap"),
    ];

    public static TheoryData<string> CaseNames => new(Cases.Select(c => c.Name));

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Malformed_file_is_refused_by_name_without_large_allocations(string name)
    {
        (_, Func<byte[]> bytes, string? tensor, string message) = Cases.Single(c => c.Name == name);
        using TemporaryFolder folder = new();
        string file = folder.Write("model.safetensors", bytes());

        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(file));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(file, exception.File);
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, c => char.IsControl(c));
        Assert.InRange(exception.Message.Length, 1, 1000);
        if (tensor is not null)
            Assert.Equal(tensor, exception.Tensor);
        Assert.InRange(allocated, 0, AllocationLimit);
    }

    [Fact]
    public void Header_of_countless_tensors_costs_memory_in_proportion_to_its_length()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = SafetensorsBytes.File(ManyEntries(200_000), 4);
        string file = folder.Write("model.safetensors", bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(file));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Contains("more than 131072 tensors", exception.Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 8 * bytes.Length);
    }

    [Fact]
    public void Header_of_a_hundred_megabytes_is_not_copied()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("model.safetensors", SafetensorsBytes.File("{"u8.ToArray(), [], SafetensorsFile.MaximumHeaderLength));
        using (FileStream stream = File.OpenWrite(file))
            stream.SetLength(SafetensorsFile.MaximumHeaderLength + 8);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(file));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, AllocationLimit);
    }

    [Fact]
    public void There_are_at_least_forty_malformed_files() => Assert.True(Cases.Length >= 40);

    private static string ManyEntries(int count)
    {
        StringBuilder header = new("{");
        for (int i = 0; i < count; i++)
            header.Append($"{(i > 0 ? "," : "")}\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
        return header.Append('}').ToString();
    }
}
