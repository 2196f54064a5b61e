namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Where Metaspace puts its character in front.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Only where the whole text begins.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}
