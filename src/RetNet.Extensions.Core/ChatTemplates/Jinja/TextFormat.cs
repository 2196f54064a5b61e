using System.Globalization;
using System.Numerics;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Python's two ways to put values into a text: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
internal static class TextFormat
{
    private const int MostDigits = 99;

    /// <summary><c>format % values</c>: a tuple has a value for each place, a mapping serves places with names.</summary>
    public static MarkedText Percent(MarkedText format, object? values, Budget budget)
    {
        List<object?> items = values is TemplateTuple tuple ? tuple : [values];
        int used = 0;
        MarkedTextBuilder result = new();
        int position = 0;
        while (position < format.Length)
        {
            int sign = format.Text.IndexOf('%', position);
            int end = sign < 0 ? format.Length : sign;
            Append(format.Slice(position, end - position));
            if (sign < 0)
                break;
            position = sign + 1;
            object? named = null;
            bool hasName = Peek() == '(';
            if (hasName)
            {
                int close = format.Text.IndexOf(')', position);
                if (close < 0 || values is not TemplateMap map || !map.TryGet(format.Text[(position + 1)..close], budget, out named))
                    throw new TemplateFailure("a name in the format has no value");
                position = close + 1;
            }

            Place place = ReadPlace();
            Append(place.Kind == '%' ? MarkedText.Trusted("%") : Write(place, hasName ? named : NextItem(), budget));
        }

        if (used < items.Count && values is not TemplateMap)
            throw new TemplateFailure("the format has fewer places than values");
        return result.ToMarkedText();

        object? NextItem() =>
            used < items.Count ? items[used++] : throw new TemplateFailure("the format has more places than values");

        char Peek() => position < format.Length ? format.Text[position] : throw new TemplateFailure("the format ends in a place");

        Place ReadPlace()
        {
            bool left = false, zeros = false;
            for (; Peek() is '-' or '0'; position++)
                (left, zeros) = (left || Peek() == '-', zeros || Peek() == '0');
            int width = ReadNumber();
            int? precision = null;
            if (Peek() == '.')
            {
                position++;
                precision = ReadNumber();
            }

            char kind = Peek();
            position++;
            return new Place(kind, width, precision, left, zeros && !left);
        }

        int ReadNumber()
        {
            int number = 0;
            for (; char.IsAsciiDigit(Peek()); position++)
                number = Math.Min((number * 10) + (Peek() - '0'), MostDigits + 1);
            return number <= MostDigits ? number : throw new TemplateFailure($"a width of the format is over {MostDigits}");
        }

        void Append(MarkedText text)
        {
            budget.Characters(text.Length);
            result.Append(text);
        }
    }

    /// <summary><c>format.format(values)</c> with places <c>{}</c>, <c>{0}</c> and <c>{name}</c>.</summary>
    public static MarkedText Braces(MarkedText format, TemplateArguments values, Budget budget)
    {
        MarkedTextBuilder result = new();
        int next = 0;
        for (int position = 0; position < format.Length;)
        {
            int brace = format.Text.AsSpan(position).IndexOfAny('{', '}');
            int end = brace < 0 ? format.Length : position + brace;
            Append(format.Slice(position, end - position));
            if (brace < 0)
                break;
            position = end + 1;
            if (position < format.Length && format.Text[position] == format.Text[end])
            {
                Append(format.Slice(position, 1));
                position++;
                continue;
            }

            int close = format.Text.IndexOf('}', position);
            if (format.Text[end] == '}' || close < 0)
                throw new TemplateFailure("a brace of the format is not closed");
            string name = format.Text[position..close];
            position = close + 1;
            if (name.Length == 0)
                name = (next++).ToString(CultureInfo.InvariantCulture);
            bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
            if (!isNumber && !values.Named.ContainsKey(name))
                throw new TemplateFailure($"the place \"{{{name}}}\" of the format has no value, or is not supported");
            Append(Values.Print(values.Require(isNumber ? index : int.MaxValue, name), budget));
        }

        return result.ToMarkedText();

        void Append(MarkedText text)
        {
            budget.Characters(text.Length);
            result.Append(text);
        }
    }

    private static MarkedText Write(Place place, object? value, Budget budget)
    {
        MarkedText text;
        switch (place.Kind)
        {
            case 's' or 'r':
                text = place.Kind == 's' ? Values.Print(value, budget) : Values.Representation(value, budget);
                if (place.Precision is { } most)
                    text = (MarkedText)Slices.Slice(text, null, (long)most, null, budget)!;
                break;
            case 'd' or 'i':
                BigInteger whole = value is double number && double.IsFinite(number)
                    ? new BigInteger(Math.Truncate(number))
                    : Values.Whole(value);
                text = MarkedText.Trusted(Values.Digits(whole, budget));
                break;
            case 'f':
                text = MarkedText.Trusted(Values.Number(value)
                    .ToString($"F{place.Precision ?? 6}", CultureInfo.InvariantCulture));
                break;
            case 'x' or 'X':
                text = MarkedText.Trusted(Values.Integer(value, "a hexadecimal format")
                    .ToString(place.Kind.ToString(), CultureInfo.InvariantCulture));
                break;
            default:
                throw new TemplateFailure($"the format %{place.Kind} is not supported");
        }

        int missing = place.Width - CodePoints.Count(text.Text);
        if (missing <= 0)
            return text;
        if (place.Zeros && place.Kind is not ('s' or 'r'))
        {
            int sign = text.Text.StartsWith('-') ? 1 : 0;
            return MarkedText.Trusted(text.Text.Insert(sign, new string('0', missing)));
        }

        MarkedText blanks = MarkedText.Trusted(new string(' ', missing));
        return place.Left ? text + blanks : blanks + text;
    }

    private readonly record struct Place(char Kind, int Width, int? Precision, bool Left, bool Zeros);
}
