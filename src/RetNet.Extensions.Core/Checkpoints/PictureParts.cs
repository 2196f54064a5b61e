namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The parts of a model that sees pictures which its text model does without.</summary>
internal static class PictureParts
{
    private static readonly string[] Parts = ["vision_tower.", "multi_modal_projector."];

    /// <summary>Names of their tensors; * stands for any characters.</summary>
    public static string[] Patterns { get; } = [.. Parts.Select(part => $"*{part}*")];

    /// <summary>Whether a tensor is in one of them.</summary>
    public static bool Contain(string tensor) => Parts.Any(part => tensor.Contains(part, StringComparison.Ordinal));
}
