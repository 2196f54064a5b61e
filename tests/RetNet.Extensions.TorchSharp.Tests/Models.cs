using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>The models that tests compare the engines with.</summary>
internal static class Models
{
    public static ComputeDevice Torch { get; } = new(DeviceKind.Torch);

    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", name);

    public static string Embedded(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);

    public static LanguageModel OnCpu(string path, WeightFormat format = WeightFormat.Auto) =>
        LanguageModel.Load(path, new ModelLoadOptions { Threads = 1, WeightFormat = format });

    public static LanguageModel OnTorch(string path, WeightFormat format = WeightFormat.Auto) =>
        LanguageModel.Load(path, new ModelLoadOptions { Threads = 1, Device = Torch, WeightFormat = format });

    /// <summary>What a state writes, ready to be read.</summary>
    public static MemoryStream Saved(SequenceState state)
    {
        MemoryStream stream = new();
        state.Save(stream);
        stream.Position = 0;
        return stream;
    }

    /// <summary>The largest difference of two vectors.</summary>
    public static float Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.Equal(a.Length, b.Length);
        float largest = 0;
        for (int i = 0; i < a.Length; i++)
        {
            // A NaN is a difference.
            float difference = Math.Abs(a[i] - b[i]);
            largest = float.IsNaN(difference) ? float.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }
}
