using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Normalization;
using RetNet.Extensions.Core.Tokenizers.Text;
using RetNet.Extensions.Core.Tokenizers.Unicode;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Normalization and lower case, beside Python's unicodedata (the digests are printed by unicode-data.py).</summary>
public class UnicodeNormalizationTests
{
    [Theory]
    [InlineData("NFC", "C3848E090F53915F6A0A217D68E43172A9C3FC713FDB1E95F44FC1721902F8B0")]
    [InlineData("NFD", "D5CC4228983C8B98FC57D8AC9C0805AFD82887459BC37878E95A361ED7C6F86B")]
    [InlineData("NFKC", "178C35B83FC27F1966C785D11C8B16E0EAE63BFDC1E826BC4EA6A79104C99EB1")]
    [InlineData("NFKD", "B884B344905222F42386C29EC300A016C1A4F0204E524A2A77E050B1C6CECEB5")]
    public void Every_character_is_normalized_alone_and_among_marks(string form, string digest)
    {
        UnicodeNormalization normalization = Form(form);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string character in Characters())
        {
            foreach (string text in (string[])[character, $"a\u0315\u0300\u05ae{character}b", $"a{character}\u0315\u0300\u05aeb"])
                hash.AppendData(Encoding.UTF8.GetBytes(normalization.Normalize(text)));
        }

        Assert.Equal(digest, Convert.ToHexString(hash.GetHashAndReset()));
    }

    [Fact]
    public void Every_character_has_its_lower_case()
    {
        byte[] lower = Encoding.UTF8.GetBytes(string.Concat(Characters().Select(Lower)));
        Assert.Equal("7400013322CAC8F6985CE80AEF0CDCA799B44ABC0C40A9EB976727617EDEAAA1", Convert.ToHexString(SHA256.HashData(lower)));
    }

    [Theory]
    [InlineData("NFC", "e\u0301cole", "\u00e9cole")]
    [InlineData("NFC", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00")]
    [InlineData("NFD", "\ud55c\u00e9", "\u1112\u1161\u11abe\u0301")]
    [InlineData("NFKC", "\ufb01\uff21\u00bd", "fiA1\u20442")]
    [InlineData("NFKC", "\u017f\u0307", "\u1e61")]
    [InlineData("NFKD", "\u1e9b", "s\u0307")]
    [InlineData("NFC", "a\u0301\u0323\u0334", "\u1ea1\u0334\u0301")]
    [InlineData("NFC", "\ufffe\uffff\U0010ffff", "\ufffe\uffff\U0010ffff")]
    public void Texts_of_several_characters(string form, string text, string expected) =>
        Assert.Equal(expected, Form(form).Normalize(text));

    [Fact]
    public void Text_that_does_not_change_is_the_same_object()
    {
        string text = new("Łódź 漢字 한국어 😀");
        Assert.Same(text, UnicodeNormalization.Nfc.Normalize(text));
    }

    [Fact]
    public void A_million_marks_are_sorted_in_time()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));
        Assert.Equal("\u1ea1" + new string('\u0323', 499_999) + new string('\u0301', 500_000), Form("NFC").Normalize("a" + marks));
    }

    private static IEnumerable<string> Characters()
    {
        foreach ((int first, int end) in ((int, int)[])[(0, 0xD800), (0xE000, 0x20000), (0x2F800, 0x2FA20), (0xE0000, 0xE0200)])
        {
            for (int point = first; point < end; point++)
                yield return char.ConvertFromUtf32(point);
        }
    }

    private static string Lower(string text) =>
        new LowercaseNormalizer().Normalize(MarkedText.Trusted(text), new TextLimits(text.Length)).Text;

    private static UnicodeNormalization Form(string name) => name switch
    {
        "NFC" => UnicodeNormalization.Nfc,
        "NFD" => UnicodeNormalization.Nfd,
        "NFKC" => UnicodeNormalization.Nfkc,
        _ => UnicodeNormalization.Nfkd,
    };
}
