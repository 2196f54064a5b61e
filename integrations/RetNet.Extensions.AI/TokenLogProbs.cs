using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <summary>A token of an answer's text with its log probability, see <see cref="GenerationOptions.TopLogProbs"/>. A request with
/// <c>logprobs</c> in its <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/> finds a list of them under the same key
/// in those of the updates, and of the response.</summary>
/// <param name="Id">The token.</param>
/// <param name="Token">Its text; U+FFFD where it has a part of a character only.</param>
/// <param name="Bytes">Its text as UTF-8, also of a part of a character.</param>
/// <param name="LogProb">The natural logarithm of its probability.</param>
/// <param name="Top">The likeliest tokens in its place, likeliest first, as many as <c>top_logprobs</c> requests.</param>
public sealed record TokenLogProbs(int Id, string Token, ReadOnlyMemory<byte> Bytes, double LogProb, IReadOnlyList<TokenLogProbs> Top);
