namespace RetNet.Extensions.Core.Generation;

/// <summary>A generated text.</summary>
/// <param name="Text">The text, without stop string; empty when the generator has no tokenizer.</param>
/// <param name="Tokens">The generated tokens, without the stop token.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">The number of tokens of the prompt.</param>
/// <param name="StateBytes">Bytes that the sequence's state held at the end.</param>
public sealed record GenerationResult(string Text, IReadOnlyList<int> Tokens, FinishReason FinishReason, int PromptTokens, long StateBytes);
