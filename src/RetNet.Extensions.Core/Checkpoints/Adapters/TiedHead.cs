namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>An embedding that is the head of its model, too.</summary>
/// <param name="Embedding">Its name.</param>
/// <param name="Head">The name that a head of its own would have.</param>
/// <param name="Option">The option of config.json that says so.</param>
internal sealed record TiedHead(string Embedding, string Head, string Option);
