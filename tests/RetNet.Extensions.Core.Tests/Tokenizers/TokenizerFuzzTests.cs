using System.Text;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

public class TokenizerFuzzTests
{
    private static readonly byte[] SmallTokenizer = Encoding.UTF8.GetBytes("""
        {"version":"1.0","truncation":null,"padding":null,
         "added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":true},
                         {"id":7,"content":"x y","single_word":true,"lstrip":true,"rstrip":false,"normalized":true,"special":false}],
         "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"\u2581"},{"type":"Replace",
         "pattern":{"String":" "},"content":"\u2581"}]},
         "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{L}+|\\s+(?!\\S)"},
         "behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true}]},
         "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A",
         "type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}},
         "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},{"type":"ByteFallback"},
         {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
         "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
                  "vocab":{"<s>":0,"<unk>":1,"a":2,"b":3,"ab":4,"\u2581":5,"<0x0A>":6},"merges":["a b"]}}
        """);

    [Property(MaxTest = 400)]
    public void A_changed_file_loads_or_is_refused((int Position, byte Value)[] changes, int length)
    {
        byte[] bytes = SmallTokenizer.ToArray();
        foreach ((int position, byte value) in changes)
            bytes[(int)((uint)position % bytes.Length)] = value;
        if (length < 0)
            bytes = bytes[..(int)((uint)length % bytes.Length)];
        LoadAndUse(bytes);
    }

    [Property(MaxTest = 400)]
    public void A_file_with_one_part_swapped_for_another_loads_or_is_refused(int from, int to, int size)
    {
        byte[] text = SmallTokenizer.ToArray();
        int length = (int)((uint)size % 40);
        byte[] source = text.AsSpan((int)((uint)from % (text.Length - length)), length).ToArray();
        source.CopyTo(text.AsSpan((int)((uint)to % (text.Length - length))));
        LoadAndUse(text);
    }

    [Fact]
    public void The_unchanged_file_loads() =>
        Assert.Equal([0, 5, 4, 6, 1], Tokenizer.Parse(SmallTokenizer, "small").Encode("ab\nq"));

    [Property(MaxTest = 300)]
    public void Byte_level_text_survives_encoding_and_decoding(string? text)
    {
        string valid = string.Concat((text ?? "").EnumerateRunes());
        int[] ids = GoldenTokenizers.ByteLevel.Encode(valid, addSpecialTokens: false);
        Assert.Equal(valid, GoldenTokenizers.ByteLevel.Decode(ids, skipSpecialTokens: false));
    }

    [Property(MaxTest = 300)]
    public void Any_code_units_encode_even_lone_surrogates(char[] units)
    {
        foreach (Tokenizer tokenizer in GoldenTokenizers.All)
            Assert.All(tokenizer.Encode(new string(units)), id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
    }

    [Fact]
    public void Characters_beyond_the_basic_plane_survive()
    {
        const string Text = "𝐀𝐁 𠀀𠀁 𝟘𝟙 😀👨‍👩‍👧 𐐀\uD800 \uDC00x";
        Tokenizer tokenizer = GoldenTokenizers.All[1];
        Assert.Equal(string.Concat(Text.EnumerateRunes()), tokenizer.Decode(tokenizer.Encode(Text)));
    }

    private static void LoadAndUse(byte[] json)
    {
        try
        {
            Tokenizer tokenizer = Tokenizer.Parse(json, "fuzzed");
            _ = tokenizer.Decode(tokenizer.Encode("ab a1b2 x y<s> \n\u00e9😀"));
        }
        catch (TokenizerException)
        {
            // A clear refusal is as good as a tokenizer.
        }
    }
}
