namespace RetNet.Extensions.DependencyInjection.Tests;

internal static class ModelPaths
{
    public static string RetNet { get; } = Path.Combine(AppContext.BaseDirectory, "models", "retnet-tinystories");

    public static string Llama { get; } = Path.Combine(AppContext.BaseDirectory, "models", "llama-tinystories");
}
