using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.Safetensors;

namespace RetNet.Extensions.Conformance;

/// <summary>One folder of golden vectors: a checkpoint, inputs, and what the reference implementation gives for them.</summary>
internal sealed class GoldenCase : IDisposable
{
    private readonly JsonElement _description;
    private readonly SafetensorsFile _expected;

    public GoldenCase(string name)
    {
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

    public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            // Written so that a NaN fails.
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"{what}[{i}]: expected {expected[i]:G9}, found {actual[i]:G9}, tolerance {tolerance:G3}");
        }
    }

    public void Dispose() => _expected.Dispose();
}
