namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>A model's tensors by the names that an adapter may have for them. Versions of transformers call the text model of one that sees
/// pictures <c>language_model.model.</c> or <c>model.language_model.</c>; alone it is <c>model.</c>, and as a base class it has no
/// prefix.</summary>
internal sealed class ModelNames
{
    private static readonly string[] Parts = ["model.", "language_model."];

    private readonly Checkpoint _model;
    private readonly Dictionary<string, string> _ofPlain = new(StringComparer.Ordinal);

    public ModelNames(Checkpoint model)
    {
        _model = model;
        foreach (string name in model.Tensors.Keys)
            _ofPlain.TryAdd(Plain(name), name);
    }

    /// <summary>The model's own name of the tensor that an adapter calls so; null if it has none.</summary>
    public string? Find(string name) => _model.Tensors.ContainsKey(name) ? name : _ofPlain.GetValueOrDefault(Plain(name));

    private static string Plain(string name)
    {
        while (Parts.FirstOrDefault(part => name.StartsWith(part, StringComparison.Ordinal)) is { } part)
            name = name[part.Length..];
        return name;
    }
}
