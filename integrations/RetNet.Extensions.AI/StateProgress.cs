namespace RetNet.Extensions.AI;

/// <summary>How far the state of an answer is. A request with <c>include_state</c> in its
/// <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/> finds it under <c>state</c> in those of the updates, and
/// the last one in those of the response.</summary>
/// <param name="Tokens">The number of tokens so far, with the prompt.</param>
/// <param name="StateBytes">Bytes that the state of the request's policy has after them, at most.</param>
/// <param name="FullCacheBytes">Bytes that a full key-value cache would have after them; of a RetNet, that of a Transformer of its layers
/// and width.</param>
public sealed record StateProgress(long Tokens, long StateBytes, long FullCacheBytes);
