namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>An entry of <c>added_tokens</c>: found in the text before anything else looks at it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="LeftStrip">It takes the white space before it along.</param>
/// <param name="RightStrip">It takes the white space after it along.</param>
/// <param name="Normalized">It is looked for after the normalizer ran, in its normalized form.</param>
/// <param name="Special">A control token: skipped when decoding.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);
