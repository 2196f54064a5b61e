using Microsoft.ML.OnnxRuntime;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Runs exported models by ONNX Runtime.</summary>
internal static class OnnxRun
{
    public static float[] Run(InferenceSession session, int[] tokens, string output)
    {
        long[] ids = Array.ConvertAll(tokens, token => (long)token);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(ids, [ids.Length]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> results =
            session.Run(options, new Dictionary<string, OrtValue> { ["tokens"] = input }, [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        float size = expected.Max(MathF.Abs);
        Assert.All(expected.Zip(found), pair => Assert.InRange(MathF.Abs(pair.First - pair.Second), 0, 1e-4f * size));
    }
}
