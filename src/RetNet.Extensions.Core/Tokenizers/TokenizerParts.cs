using RetNet.Extensions.Core.Tokenizers.Decoding;
using RetNet.Extensions.Core.Tokenizers.Models;
using RetNet.Extensions.Core.Tokenizers.Normalization;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>The parts of a tokenizer.json, read and checked.</summary>
internal sealed record TokenizerParts(
    string FileName,
    Vocabulary Vocabulary,
    TokenizerModel Model,
    Normalizer? Normalizer,
    PreTokenizer? PreTokenizer,
    IReadOnlyList<AddedToken> AddedTokens,
    IReadOnlyList<int> IdsBefore,
    IReadOnlyList<int> IdsAfter,
    TokenTable Table);
