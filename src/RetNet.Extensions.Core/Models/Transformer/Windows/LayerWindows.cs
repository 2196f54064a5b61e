using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer.Windows;

/// <summary>The options of sliding windows: the number of keys that a query sees, its own included, per layer.</summary>
internal static class LayerWindows
{
    private const string FullAttention = "full_attention";
    private const string SlidingAttention = "sliding_attention";

    /// <summary>sliding_window; null where the option is null.</summary>
    public static int? Width(ConfigurationReader options, int? absent) =>
        options.OptionalInteger("sliding_window", 1, int.MaxValue) ?? (options.IsNull("sliding_window") ? null : absent);

    /// <summary>The window of a model's layers; null where none has one.</summary>
    public static int? Width(IEnumerable<int?> windows) => windows.FirstOrDefault(layer => layer is not null);

    /// <summary>A window of every layer; layer_types may say the same again.</summary>
    public static int?[] Everywhere(ConfigurationReader options, int? window, int layers)
    {
        int?[] windows = ByType(options, window, [.. Enumerable.Repeat(window, layers)]);
        return windows.All(layer => layer == window)
            ? windows
            : throw options.Fault("layer_types", $"{SlidingAttention} for every layer, as sliding_window is set");
    }

    /// <summary>Qwen's: a window of the layers from max_window_layers on, or of those that layer_types names.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="window">The window; null for none.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="absentFirst">max_window_layers where it is absent.</param>
    public static int?[] FromLayer(ConfigurationReader options, int? window, int layers, int absentFirst)
    {
        int first = options.OptionalInteger("max_window_layers", 0, int.MaxValue) ?? absentFirst;
        return ByType(options, window, [.. Enumerable.Range(0, layers).Select(layer => layer >= first ? window : null)]);
    }

    /// <summary>The layers that layer_types names, or, where it is absent, those that an architecture's rule gives.</summary>
    public static int?[] ByType(ConfigurationReader options, int? window, int?[] absent)
    {
        if (options.OptionalTexts("layer_types", absent.Length) is not { } types)
            return absent;
        int?[] windows = new int?[absent.Length];
        for (int layer = 0; layer < windows.Length; layer++)
        {
            windows[layer] = types[layer] switch
            {
                FullAttention => null,
                SlidingAttention => window ?? throw options.Fault("layer_types", $"no {SlidingAttention}, as no sliding window is set"),
                _ => throw options.Fault("layer_types", $"{FullAttention} or {SlidingAttention} for layer {layer}"),
            };
        }

        return windows;
    }

    /// <summary>layer_types of a model's layers.</summary>
    public static JsonArray Types(IEnumerable<int?> windows) =>
        new([.. windows.Select(layer => (JsonNode)(layer is null ? FullAttention : SlidingAttention))]);

    /// <summary>Writes Qwen's options.</summary>
    public static void Write(JsonObject json, IReadOnlyList<int?> windows)
    {
        int? window = Width(windows);
        json["use_sliding_window"] = window is not null;
        json["sliding_window"] = window;
        json["layer_types"] = Types(windows);
        if (window is not null)
            json["max_window_layers"] = 0;
    }
}
