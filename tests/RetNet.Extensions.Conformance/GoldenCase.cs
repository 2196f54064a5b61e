using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.Safetensors;

namespace RetNet.Extensions.Conformance;

/// <summary>One folder of golden vectors: a checkpoint, inputs, and what the reference implementation gives for them.</summary>
internal sealed class GoldenCase : IDisposable
{
    // Names a file that collects the largest differences, a line each: case, test, tensor, difference. See reference/differences.py.
    private static readonly string? Differences = Environment.GetEnvironmentVariable("RETNET_DIFFERENCES");

    private static readonly Lock Writing = new();

    [ThreadStatic]
    private static string? _name;

    private readonly JsonElement _description;
    private readonly SafetensorsFile _expected;

    public GoldenCase(string name)
    {
        _name = name;
        Folder = Path.Combine(Root, name);
        _description = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "case.json"))).RootElement;
        _expected = SafetensorsFile.Open(Path.Combine(Folder, "expected.safetensors"));
    }

    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "golden");

    public string Folder { get; }

    public JsonElement Description => _description;

    public bool Has(string tensor) => _expected.Tensors.ContainsKey(tensor);

    /// <summary>The shape of a tensor.</summary>
    public int[] Shape(string tensor) => [.. _expected.Tensors[tensor].Shape.ToArray().Select(dimension => (int)dimension)];

    public float[] Floats(string tensor)
    {
        float[] values = new float[_expected.Tensors[tensor].ElementCount];
        _expected.Tensors[tensor].CopyTo(values);
        return values;
    }

    public long[] Integers(string tensor)
    {
        long[] values = new long[_expected.Tensors[tensor].ElementCount];
        _expected.Tensors[tensor].CopyTo(values);
        return values;
    }

    /// <summary>The sequences of <c>input_ids</c>, <c>[batch × tokens]</c>.</summary>
    public int[][] Sequences(string tensor = "input_ids")
    {
        int tokens = Shape(tensor)[^1];
        return [.. Integers(tensor).Select(id => (int)id).Chunk(tokens)];
    }

    /// <summary>The absolute tolerance that the case suggests.</summary>
    public float Tolerance(string of) => _description.GetProperty("suggested_max_abs_tolerance").GetProperty(of).GetSingle();

    public static void AssertClose(
        ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what, [CallerMemberName] string test = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        if (Differences is not null)
            Record(expected, actual, what, test);
        for (int i = 0; i < expected.Length; i++)
        {
            // Written so that a NaN fails.
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"{what}[{i}]: expected {expected[i]:G9}, found {actual[i]:G9}, tolerance {tolerance:G3}");
        }
    }

    public void Dispose() => _expected.Dispose();

    private static void Record(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what, string test)
    {
        float most = 0;
        for (int i = 0; i < expected.Length; i++)
            most = float.Max(most, Math.Abs(expected[i] - actual[i]));
        lock (Writing)
            File.AppendAllText(Differences!, string.Create(CultureInfo.InvariantCulture, $"{_name}\t{test}\t{what}\t{most:R}\n"));
    }
}
