namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>An entry of <c>added_tokens</c>: found in the text before any other step.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Recognised only where no word character touches it.</param>
/// <param name="LeftStrip">It includes the white space before it.</param>
/// <param name="RightStrip">It includes the white space after it.</param>
/// <param name="Normalized">It is searched for in its normalized form, after the normalizer.</param>
/// <param name="Special">A control token: skipped when decoding.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);
