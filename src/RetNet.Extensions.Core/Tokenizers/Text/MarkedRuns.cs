namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>Applies a rewrite to each run of equally marked characters, so that the marks carry over.</summary>
internal static class MarkedRuns
{
    /// <summary>The number of runs: 1 if the template wrote all.</summary>
    public static int Count(MarkedText text)
    {
        int count = 1;
        for (int i = 1; i < text.Origins?.Length; i++)
        {
            if (text.Origins[i] != text.Origins[i - 1])
                count++;
        }

        return count;
    }

    public static MarkedText Transform(MarkedText text, Func<string, string> rewrite)
    {
        if (text.Origins is null)
            return MarkedText.Trusted(rewrite(text.Text));
        MarkedTextBuilder result = new();
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = start + 1;
            while (end < text.Length && (text.Origins[end] == text.Origins[start] || char.IsLowSurrogate(text.Text[end])))
                end++;
            string rewritten = rewrite(text.Text[start..end]);
            result.Append(MarkedText.From(text.Origins[start], rewritten));
        }

        return result.ToMarkedText();
    }
}
