using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.Fuzz.Mutations;

/// <summary>Changes JSON field by field.</summary>
internal static class Json
{
    private const int LongText = 2_000;
    private const int DeepNesting = 40;

    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = 256 };
    private static readonly JsonSerializerOptions Written = new() { MaxDepth = 512 };

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "2", "64", "0.5", "-0.0", "1e-320", "1e308", "1e999", "255", "65536", "2147483647",
        "2147483648", "-2147483648", "4294967296", "9007199254740993", "9223372036854775807", "18446744073709551616", "\"\"", "\"a\"",
        "\"0\"", "\"NaN\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"../../x\"", "\"{{ x }}\"", "[]", "{}", "[null]", "[[]]",
        "[0]", "[\"\"]", "{\"\":0}",
    ];

    public static byte[] Mutate(byte[] input, Mutation mutation)
    {
        if (mutation.OnceIn(10))
            return Texts.Mutate(input, mutation, Values);
        try
        {
            return JsonNode.Parse(input, documentOptions: Lenient) is { } root
                ? Encoding.UTF8.GetBytes(Mutate(root, mutation).ToJsonString(Written))
                : Encoding.UTF8.GetBytes(mutation.Pick(Values));
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // Not JSON, or not a text's Unicode, or a key twice.
            return Texts.Mutate(input, mutation, Values);
        }
    }

    private static JsonNode Mutate(JsonNode root, Mutation mutation)
    {
        List<JsonNode?> nodes = [];
        Collect(root, nodes);
        JsonNode? chosen = mutation.Pick(nodes);
        if (chosen is JsonObject owner && owner.Count > 0 && mutation.OnceIn(2))
            ChangeMember(owner, mutation, nodes);
        else if (chosen is JsonArray list && list.Count > 0 && mutation.OnceIn(2))
            ChangeItem(list, mutation, nodes);
        else if (chosen?.Parent is { } parent)
            Replace(parent, chosen, Changed(chosen, mutation, nodes));
        else
            return Changed(root, mutation, nodes) ?? root;
        return root;
    }

    private static void Collect(JsonNode? node, List<JsonNode?> nodes)
    {
        nodes.Add(node);
        foreach (JsonNode? child in Children(node))
            Collect(child, nodes);
    }

    private static IEnumerable<JsonNode?> Children(JsonNode? node) => node switch
    {
        JsonObject owner => owner.Select(member => member.Value),
        JsonArray list => list,
        _ => [],
    };

    private static void ChangeMember(JsonObject owner, Mutation mutation, List<JsonNode?> nodes)
    {
        KeyValuePair<string, JsonNode?> member = mutation.Pick<KeyValuePair<string, JsonNode?>>([.. owner]);
        switch (mutation.Random.Next(4))
        {
            case 0:
                owner.Remove(member.Key);
                break;
            case 1:
                owner[member.Key + mutation.Pick<string>(["", "x", "\0", " "])] = member.Value?.DeepClone();
                break;
            case 2:
                KeyValuePair<string, JsonNode?> other = mutation.Pick<KeyValuePair<string, JsonNode?>>([.. owner]);
                (owner[member.Key], owner[other.Key]) = (other.Value?.DeepClone(), member.Value?.DeepClone());
                break;
            default:
                owner[member.Key] = Changed(member.Value, mutation, nodes);
                break;
        }
    }

    private static void ChangeItem(JsonArray list, Mutation mutation, List<JsonNode?> nodes)
    {
        int index = mutation.Random.Next(list.Count);
        switch (mutation.Random.Next(4))
        {
            case 0:
                list.RemoveAt(index);
                break;
            case 1:
                for (int i = mutation.Small(64); i >= 0; i--)
                    list.Insert(index, list[index]?.DeepClone());
                break;
            case 2:
                list.Insert(mutation.Random.Next(list.Count), mutation.Pick(nodes)?.DeepClone());
                break;
            default:
                list[index] = Changed(list[index], mutation, nodes);
                break;
        }
    }

    private static void Replace(JsonNode parent, JsonNode old, JsonNode? changed)
    {
        if (parent is JsonArray list)
            list[list.IndexOf(old)] = changed;
        else
            parent.AsObject()[old.GetPropertyName()] = changed;
    }

    private static JsonNode? Changed(JsonNode? value, Mutation mutation, List<JsonNode?> nodes)
    {
        switch (mutation.Random.Next(6))
        {
            case 0:
                return mutation.Pick(nodes)?.DeepClone();
            case 1 when value is JsonValue text && text.GetValueKind() == JsonValueKind.String:
                return Longer(text.ToString(), mutation);
            case 1 or 2 when value is JsonValue number && number.GetValueKind() == JsonValueKind.Number:
                return Near(number.ToJsonString(), mutation);
            case 3 when mutation.OnceIn(4):
                JsonNode? nested = value?.DeepClone();
                for (int i = mutation.Small(DeepNesting); i >= 0; i--)
                    nested = mutation.OnceIn(2) ? new JsonArray(nested) : new JsonObject { ["type"] = nested };
                return nested;
            default:
                return JsonNode.Parse(mutation.Pick(Values));
        }
    }

    private static JsonValue Longer(string text, Mutation mutation)
    {
        string part = text.Length == 0 ? "a" : text;
        return JsonValue.Create(string.Concat(Enumerable.Repeat(part, 1 + mutation.Small(LongText / part.Length + 2))));
    }

    private static JsonNode? Near(string number, Mutation mutation) => JsonNode.Parse(mutation.Random.Next(5) switch
    {
        0 => $"-{number.TrimStart('-')}",
        1 => $"1{number.TrimStart('-')}",
        2 => $"{number.Split('.', 'e', 'E')[0]}.5",
        3 when long.TryParse(number, out long whole) => $"{unchecked(whole + 1)}",
        _ when long.TryParse(number, out long whole) => $"{unchecked(whole - 1)}",
        _ => "0",
    });
}
