namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>A normalizer blows a text up beyond all reason.</summary>
internal sealed class TextGrowthException : Exception;
