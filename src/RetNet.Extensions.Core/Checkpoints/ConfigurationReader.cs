using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Reads options of a JSON object, each checked for its type and range.</summary>
/// <remarks>Follows the Python libraries that write the files: an absent option takes its default; null is Python's None.</remarks>
internal readonly struct ConfigurationReader
{
    /// <summary>Largest width of a vector (model, heads, feed-forward). Keeps products of two widths inside 2^40.</summary>
    public const int MaximumWidth = 1 << 20;

    /// <summary>Largest vocabulary.</summary>
    public const int MaximumVocabulary = 1 << 24;

    /// <summary>Largest number of layers.</summary>
    public const int MaximumLayers = 1024;

    private const int MaximumTokenIds = 256;

    private readonly JsonElement _object;
    private readonly string _file;
    private readonly string _path;

    public ConfigurationReader(JsonElement configuration, string file)
        : this(configuration, file, "")
    {
    }

    private ConfigurationReader(JsonElement element, string file, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw path.Length == 0
                ? new CheckpointException(file, Describe(element), "a JSON object")
                : CheckpointException.ForOption(file, path, Describe(element), "a JSON object");
        }

        (_object, _file, _path) = (element, file, path);
    }

    /// <summary>Whether the option is there and not null.</summary>
    public bool Contains(string option) => Find(option) is { ValueKind: not JsonValueKind.Null };

    /// <summary>Whether the option is there and null.</summary>
    public bool IsNull(string option) => Find(option) is { ValueKind: JsonValueKind.Null };

    /// <summary>Whether the option is a text.</summary>
    public bool IsText(string option) => Find(option) is { ValueKind: JsonValueKind.String };

    /// <summary>Whether the option is an array.</summary>
    public bool IsArray(string option) => Find(option) is { ValueKind: JsonValueKind.Array };

    /// <summary>Whether the option is an empty object or array.</summary>
    public bool IsEmpty(string option) => Find(option) switch
    {
        { ValueKind: JsonValueKind.Array } array => array.GetArrayLength() == 0,
        { ValueKind: JsonValueKind.Object } element => element.GetPropertyCount() == 0,
        _ => false,
    };

    /// <summary>The names of all options, in their order.</summary>
    public IEnumerable<string> Names => _object.EnumerateObject().Select(property => property.Name);

    /// <summary>A reader of a nested object, or null where the option is absent or null.</summary>
    public ConfigurationReader? OptionalObject(string option)
        => Contains(option)
        ? new ConfigurationReader(_object.GetProperty(option), _file, PathOf(option))
        : null;

    /// <summary>An integer from <paramref name="minimum"/> to <paramref name="maximum"/> that must be there.</summary>
    public int Integer(string option, int minimum, int maximum)
        => OptionalInteger(option, minimum, maximum) ?? throw Fault(option, Find(option), $"an integer from {minimum} to {maximum}");

    /// <summary>An integer, or null where the option is absent or null. An integral float (64.0) is an integer.</summary>
    public int? OptionalInteger(string option, int minimum, int maximum)
        => Contains(option) ? ToInteger(option, _object.GetProperty(option), minimum, maximum) : null;

    /// <summary>A number from <paramref name="minimum"/> to <paramref name="maximum"/>, or null where the option is absent or
    /// null.</summary>
    public double? OptionalNumber(string option, double minimum, double maximum)
    {
        if (!Contains(option))
            return null;
        JsonElement element = _object.GetProperty(option);
        if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && number >= minimum && number <= maximum)
            return number;
        throw Fault(option, element, DescribeRange(minimum, maximum));
    }

    /// <summary>A number that must be there.</summary>
    public double Number(string option, double minimum, double maximum)
        => OptionalNumber(option, minimum, maximum) ?? throw Fault(option, Find(option), DescribeRange(minimum, maximum));

    /// <summary>A norm's epsilon: from 0 to 1.</summary>
    public float Epsilon(string option, float absent) => (float)(OptionalNumber(option, 0, 1) ?? absent);

    /// <summary>true or false; null is false, as in Python.</summary>
    public bool Boolean(string option, bool absent)
        => Find(option) switch
        {
            null => absent,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False or JsonValueKind.Null } => false,
            JsonElement other => throw Fault(option, other, "true or false"),
        };

    /// <summary>Text, or null where the option is absent or null.</summary>
    public string? OptionalText(string option) => Contains(option) ? ToText(option, _object.GetProperty(option)) : null;

    /// <summary>A token id below the vocabulary's size, or null where the option is absent, null, or −1 (some writers' none).</summary>
    public int? OptionalTokenId(string option, int vocabularySize)
        => OptionalInteger(option, -1, vocabularySize - 1) is int id and >= 0 ? id : null;

    /// <summary>Token ids: a scalar, an array, or none.</summary>
    public IReadOnlyList<int> TokenIds(string option, int vocabularySize)
    {
        if (Find(option) is not { ValueKind: JsonValueKind.Array } array)
            return OptionalTokenId(option, vocabularySize) is int id ? [id] : [];
        if (array.GetArrayLength() > MaximumTokenIds)
            throw Fault(option, array, $"at most {MaximumTokenIds} token ids");
        List<int> ids = new();
        foreach (JsonElement element in array.EnumerateArray())
            ids.Add(ToInteger(option, element, 0, vocabularySize - 1));
        return ids;
    }

    /// <summary>The texts of an array of exactly <paramref name="length"/> elements, or null where the option is absent or null.</summary>
    public IReadOnlyList<string>? OptionalTexts(string option, int length)
    {
        if (!Contains(option))
            return null;
        JsonElement array = _object.GetProperty(option);
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() != length)
            throw Fault(option, array, $"an array of {length} texts");
        List<string> texts = new();
        foreach (JsonElement element in array.EnumerateArray())
            texts.Add(ToText(option, element));
        return texts;
    }

    /// <summary>The texts of an array, or a text alone; none where the option is absent or null.</summary>
    public IReadOnlyList<string> Texts(string option)
    {
        if (!Contains(option))
            return [];
        if (IsText(option))
            return [OptionalText(option)!];
        JsonElement array = _object.GetProperty(option);
        return array.ValueKind == JsonValueKind.Array
            ? OptionalTexts(option, array.GetArrayLength())!
            : throw Fault(option, array, "a text or an array of texts");
    }

    /// <summary>All options of the object, which are texts.</summary>
    public Dictionary<string, string> Texts()
    {
        Dictionary<string, string> texts = [];
        foreach (JsonProperty option in _object.EnumerateObject())
            texts[option.Name] = ToText(option.Name, option.Value);
        return texts;
    }

    /// <summary>The numbers of an array that must be there, each from <paramref name="minimum"/> to <paramref name="maximum"/>.</summary>
    public IReadOnlyList<double> Numbers(string option, double minimum, double maximum)
    {
        if (Find(option) is not { ValueKind: JsonValueKind.Array } array || array.GetArrayLength() > MaximumWidth)
            throw Fault(option, "an array of numbers");
        List<double> numbers = new();
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double number)
                || !(number >= minimum && number <= maximum))
            {
                throw Fault(option, element, DescribeRange(minimum, maximum));
            }

            numbers.Add(number);
        }

        return numbers;
    }

    /// <summary>Refuses an option that is there, is not null, and would change what the model computes.</summary>
    public void Refuse(string option)
    {
        if (Contains(option))
            throw Fault(option, _object.GetProperty(option), "none: it is not supported");
    }

    /// <summary>Refuses a switch that has another setting than the supported one.</summary>
    public void RequireBoolean(string option, bool supported)
    {
        if (Boolean(option, supported) != supported)
            throw Fault(option, Find(option), $"{(supported ? "true" : "false")}: the other setting is not supported");
    }

    /// <summary>Refuses a number that is there and is another than the supported one.</summary>
    public void RequireNumber(string option, int supported)
    {
        if (!Contains(option))
            return;
        JsonElement element = _object.GetProperty(option);
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double number) || number != supported)
            throw Fault(option, element, $"{supported}: other settings are not supported");
    }

    /// <summary>The exception for an option with a value that was read but is not acceptable.</summary>
    public CheckpointException Fault(string option, string expected) => Fault(option, Find(option), expected);

    /// <summary>The exception for an option whose text, or absence, is none of those that are known.</summary>
    public CheckpointException TextFault(string option, string expected) => CheckpointException.ForOption(
        _file, PathOf(option), OptionalText(option) is { } text ? CheckpointException.Quote(text) : "nothing", expected);

    private int ToInteger(string option, JsonElement element, int minimum, int maximum)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && number >= minimum && number <= maximum
            && double.IsInteger(number))
        {
            return (int)number;
        }

        throw Fault(option, element, $"an integer from {minimum} to {maximum}");
    }

    private string ToText(string option, JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Fault(option, element, "text");
        }
        catch (InvalidOperationException)
        {
            throw Fault(option, element, "text in valid Unicode");
        }
    }

    private string PathOf(string option) => _path.Length == 0 ? option : $"{_path}.{option}";

    private JsonElement? Find(string option) => _object.TryGetProperty(option, out JsonElement element) ? element : null;

    private CheckpointException Fault(string option, JsonElement? found, string expected)
        => CheckpointException.ForOption(_file, PathOf(option), found is JsonElement element ? Describe(element) : "nothing", expected);

    private static string DescribeRange(double minimum, double maximum)
        => string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}");

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => CheckpointException.Quote(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element))),
    };
}
