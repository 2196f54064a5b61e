using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Conformance.Tokenizers;

/// <summary>
/// Normalizers, pre-tokenizers, added-token flags, post-processors and decoders one by one: settings.json changes parts of a golden
/// tokenizer and holds the ids and texts that the tokenizers library made with them.
/// </summary>
public class TokenizerSettingsTests
{
    private static readonly JsonNode Settings = JsonNode.Parse(File.ReadAllBytes(FindFile(Path.Combine("Tokenizers", "settings.json"))))!;

    public static TheoryData<string> Variants => [.. Settings["variants"]!.AsArray().Select(variant => (string)variant!["name"]!)];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Encodes_and_decodes_as_the_reference(string name)
    {
        JsonNode variant = Settings["variants"]!.AsArray().Single(item => (string)item!["name"]! == name)!;
        Tokenizer tokenizer = Create((string)variant["base"]!, variant["settings"]!.AsObject(), name);
        JsonArray texts = Settings["texts"]!.AsArray();
        for (int i = 0; i < texts.Count; i++)
        {
            int[] expected = variant["ids"]![i]!.AsArray().Select(id => (int)id!).ToArray();
            Assert.Equal(expected, tokenizer.Encode((string)texts[i]!));
            Assert.Equal((string)variant["decoded"]![i]!, tokenizer.Decode(expected, skipSpecialTokens: false));
        }
    }

    private static Tokenizer Create(string baseCase, JsonObject settings, string name)
    {
        JsonObject file = JsonNode.Parse(File.ReadAllBytes(FindFile(Path.Combine("golden", baseCase, "tokenizer.json"))))!.AsObject();
        foreach ((string key, JsonNode? value) in settings)
        {
            if (key != "model")
            {
                file[key] = value?.DeepClone();
                continue;
            }

            foreach ((string option, JsonNode? optionValue) in value!.AsObject())
                file["model"]![option] = optionValue?.DeepClone();
        }

        return Tokenizer.Parse(Encoding.UTF8.GetBytes(file.ToJsonString(new JsonSerializerOptions())), name);
    }

    private static string FindFile(string relative)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, relative)))
                return Path.Combine(folder, relative);
        }

        throw new FileNotFoundException(relative);
    }
}
