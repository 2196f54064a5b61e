using System.Text.Json;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Greedy continuations by the code that trained the two models.</summary>
internal static class Golden
{
    public const string Prompt = "Tell me a story about a dog.";

    /// <summary>The beginning of the text that a model writes for <see cref="Prompt"/>.</summary>
    public static string Greedy(string model, int characters)
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "models-tinystories.json"));
        using JsonDocument golden = JsonDocument.Parse(file);
        JsonElement first = golden.RootElement.GetProperty("models").GetProperty(model).GetProperty("greedy")[0];
        Assert.Equal(Prompt, first.GetProperty("prompt").GetString());
        return first.GetProperty("text").GetString()![..characters];
    }
}
