namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>A known call in a text.</summary>
/// <param name="Start">Where its name begins.</param>
/// <param name="End">Where its arguments end.</param>
/// <param name="Middle">What stands between the name and the arguments.</param>
/// <param name="Parameters">How the arguments are written one by one; null if they are a JSON object.</param>
internal sealed record CallText(int Start, int End, string Middle, ParameterForm? Parameters)
{
    /// <summary>Finds a call whose two arguments are known: a string and a number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name of the function.</param>
    /// <param name="from">Where to look.</param>
    /// <param name="key">The first parameter.</param>
    /// <param name="value">Its value.</param>
    /// <param name="otherKey">The second parameter.</param>
    /// <param name="otherValue">Its value.</param>
    /// <returns>The call; null if there is none whose arguments are understood.</returns>
    public static CallText? Find(
        string text, string name, int from, string key, string value, string otherKey, string otherValue)
    {
        int start = text.IndexOf(name, Math.Min(from, text.Length), StringComparison.Ordinal);
        if (start < 0)
            return null;
        int afterName = start + name.Length;
        int first = text.IndexOf(key, afterName, StringComparison.Ordinal);
        if (first < 0)
            return null;
        int brace = text.LastIndexOf('{', first - 1, first - afterName);
        if (brace >= 0 && text[(brace + 1)..first].Trim() == "\"")
        {
            int length = CallJson.LengthOfValue(text[brace..]);
            return length > 0 ? new CallText(start, brace + length, text[afterName..brace], null) : null;
        }

        int firstValue = text.IndexOf(value, first, StringComparison.Ordinal);
        int second = firstValue < 0 ? -1 : text.IndexOf(otherKey, firstValue, StringComparison.Ordinal);
        int secondValue = second < 0 ? -1 : text.IndexOf(otherValue, second + otherKey.Length, StringComparison.Ordinal);
        if (secondValue < 0)
            return null;
        string between = text[(firstValue + value.Length)..second];
        string before = CommonEnd(text[afterName..first], between);
        int mark = before.AsSpan().IndexOfAny("<[");
        if (mark < 0)
            return null;
        before = before[mark..];
        ParameterForm form = new(before, text[(first + key.Length)..firstValue], between[..^before.Length])
        {
            MiddleOfJson = text[(second + otherKey.Length)..secondValue],
        };
        int end = secondValue + otherValue.Length;
        string after = text.AsSpan(end).StartsWith(form.After, StringComparison.Ordinal) ? form.After : form.After.TrimEnd();
        return form.Middle.Trim().Length > 0 && form.After.Trim().Length > 0
            && text.AsSpan(end).StartsWith(after, StringComparison.Ordinal)
            ? new CallText(start, end + after.Length, text[afterName..(first - before.Length)], form)
            : null;
    }

    /// <summary>The longest common end of two texts that begins where a mark does, so that no mark is torn apart.</summary>
    public static string CommonEnd(string left, string right)
    {
        int length = 0;
        while (length < Math.Min(left.Length, right.Length) && left[^(length + 1)] == right[^(length + 1)])
            length++;
        string common = left[^length..];
        int mark = length == left.Length || length == right.Length ? 0 : common.AsSpan().IndexOfAny("<[{");
        return mark <= 0 ? common : common[mark..];
    }
}
