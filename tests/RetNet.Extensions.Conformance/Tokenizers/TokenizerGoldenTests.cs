using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Conformance.Tokenizers;

/// <summary>The ids, tokens and texts of the tokenizers library itself, for each tokenizer case.</summary>
public class TokenizerGoldenTests
{
    public static readonly TheoryData<string> Cases =
    [
        "tokenizer-bytelevel-4096", "tokenizer-bytelevel-qwen", "tokenizer-spm-llama2", "tokenizer-spm-metaspace",
        "tokenizer-wordpiece-uncased", "tokenizer-wordpiece-cased",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encodes_and_decodes_as_the_reference(string name)
    {
        (Tokenizer? tokenizer, JsonElement expected) = Read(name);
        foreach (JsonElement item in expected.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = tokenizer.Encode(text);
            Assert.Equal(Ids(item.GetProperty("ids")), ids);
            Assert.Equal(Ids(item.GetProperty("ids_without_special_tokens_added")), tokenizer.Encode(text, addSpecialTokens: false));
            Assert.Equal(item.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!), ids.Select(tokenizer.TokenText));
            Assert.Equal(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            Assert.Equal(item.GetProperty("decoded_keeping_special_tokens").GetString(), tokenizer.Decode(ids, skipSpecialTokens: false));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decodes_cut_and_random_ids_as_the_reference(string name)
    {
        (Tokenizer? tokenizer, JsonElement expected) = Read(name);
        foreach (JsonElement item in expected.GetProperty("decode_only").EnumerateArray())
        {
            int[] ids = Ids(item.GetProperty("ids"));
            Assert.Equal(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            Assert.Equal(item.GetProperty("decoded_keeping_special_tokens").GetString(), tokenizer.Decode(ids, skipSpecialTokens: false));
        }
    }

    private static (Tokenizer Tokenizer, JsonElement Expected) Read(string name)
    {
        string folder = Path.Combine(GoldenFolder(), name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        return (Tokenizer.Load(Path.Combine(folder, "tokenizer.json")), document.RootElement.Clone());
    }

    private static int[] Ids(JsonElement element) => [.. element.EnumerateArray().Select(id => id.GetInt32())];

    private static string GoldenFolder()
    {
        string folder = AppContext.BaseDirectory;
        while (!Directory.Exists(Path.Combine(folder, "golden")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("golden");
        return Path.Combine(folder, "golden");
    }
}
