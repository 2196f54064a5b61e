using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

public class StreamingTextDecoderTests
{
    [Property(MaxTest = 300)]
    public void What_it_hands_out_joins_to_the_decoded_text(int[] seeds, bool skipSpecialTokens)
    {
        foreach (Tokenizer tokenizer in GoldenTokenizers.All)
        {
            // Half of the ids are low, where bytes and control tokens are; a few are beyond the vocabulary.
            int[] ids =
                [.. seeds.Select(seed => (int)((uint)seed * 2654435761 >> 16) % (seed % 2 == 0 ? 300 : tokenizer.VocabularySize + 3))];
            StreamingTextDecoder decoder = tokenizer.CreateDecoder(skipSpecialTokens);
            Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens), Stream(decoder, ids));
            Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens), Stream(decoder, ids));
        }
    }

    [Property(MaxTest = 200)]
    public Property Every_piece_of_real_text_is_whole_and_nothing_is_lost() => Prop.ForAll(
        ArbMap.Default.ArbFor<string>(), text =>
        {
            foreach (Tokenizer tokenizer in GoldenTokenizers.All.Take(2))
            {
                int[] ids = tokenizer.Encode(Valid(text ?? ""), addSpecialTokens: false);
                Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens: false),
                    Stream(tokenizer.CreateDecoder(skipSpecialTokens: false), ids));
            }
        });

    [Fact]
    public void Holds_the_bytes_of_a_character_back_until_it_is_whole()
    {
        Tokenizer tokenizer = GoldenTokenizers.ByteLevel;
        int[] ids = tokenizer.Encode("😀");
        Assert.True(ids.Length > 1);
        StreamingTextDecoder decoder = tokenizer.CreateDecoder();
        foreach (int id in ids[..^1])
        {
            decoder.Add(id);
            Assert.Equal("", decoder.Read().ToString());
        }

        decoder.Add(ids[^1]);
        Assert.Equal("😀", decoder.Read().ToString());
    }

    [Fact]
    public void Releases_a_byte_fallback_run_when_it_is_certain_how_it_decodes()
    {
        Tokenizer tokenizer = GoldenTokenizers.SentencePiece;
        StreamingTextDecoder decoder = tokenizer.CreateDecoder();
        Add("<0xE4>", "<0xBD>", "<0xA0>");
        Assert.Equal("", decoder.Read().ToString());
        Add("e");
        Assert.Equal("你e", decoder.Read().ToString());
        Add("<0xE4>", "<0x41>");
        Assert.Equal("\uFFFD\uFFFD", decoder.Read().ToString());
        Add("<0x42>");
        Assert.Equal("\uFFFD", decoder.Read().ToString());
        Add("e", "<0xE4>");
        Assert.Equal("e", decoder.Read().ToString());
        Assert.Equal("\uFFFD", decoder.Flush().ToString());

        void Add(params string[] tokens)
        {
            foreach (string token in tokens)
                decoder.Add(tokenizer.TokenId(token)!.Value);
        }
    }

    [Fact]
    public void Tells_where_the_text_of_each_token_starts()
    {
        Tokenizer bytes = GoldenTokenizers.SentencePiece;
        int[] run = [.. new[] { "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "<0xE4>", "<0xBD>", "<0xA0>", "e", "<0xE4>", "e" }
            .Select(token => bytes.TokenId(token)!.Value)];
        Tokenizer byteLevel = GoldenTokenizers.ByteLevel;
        int[] parts = byteLevel.Encode("😀", addSpecialTokens: false);
        int letter = byteLevel.TokenId("a")!.Value;

        Assert.Equal([0, 0, 0, 0, 2, 2, 2, 3, 4, 5], Starts(bytes, run));
        Assert.Equal([.. parts.Select(_ => 0), 2], Starts(byteLevel, [.. parts, letter]));
        Assert.Equal([0, 1, 2], Starts(byteLevel, [parts[0], letter, letter]));

        static List<int> Starts(Tokenizer tokenizer, int[] ids)
        {
            StreamingTextDecoder decoder = tokenizer.CreateDecoder();
            List<int> starts = [];
            int read = 0;
            foreach (int id in ids)
            {
                decoder.Add(id);
                starts.Add(read + decoder.EarlierCharacters);
                read += decoder.Read().Length;
            }

            return starts;
        }
    }

    [Fact]
    public void Reset_forgets_what_was_held_back()
    {
        Tokenizer tokenizer = GoldenTokenizers.ByteLevel;
        StreamingTextDecoder decoder = tokenizer.CreateDecoder();
        decoder.Add(tokenizer.Encode("😀")[0]);
        decoder.Reset();
        Assert.Equal("", decoder.Flush().ToString());
    }

    [Fact]
    public void Allocates_nothing_per_token_once_warm()
    {
        foreach (Tokenizer tokenizer in GoldenTokenizers.All)
        {
            int[] ids = [.. Enumerable.Range(0, 4 * tokenizer.VocabularySize).Select(i => i * 7919 % tokenizer.VocabularySize)];
            StreamingTextDecoder decoder = tokenizer.CreateDecoder();
            Run(decoder, ids);
            long before = GC.GetAllocatedBytesForCurrentThread();
            long characters = Run(decoder, ids);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(characters > 0);
        }

        static long Run(StreamingTextDecoder decoder, int[] ids)
        {
            long characters = 0L;
            foreach (int id in ids)
            {
                decoder.Add(id);
                characters += decoder.Read().Length;
            }

            return characters + decoder.Flush().Length;
        }
    }

    private static string Stream(StreamingTextDecoder decoder, int[] ids)
    {
        StringBuilder text = new();
        foreach (int id in ids)
        {
            decoder.Add(id);
            string piece = decoder.Read().ToString();
            Assert.Equal(piece, Valid(piece));
            text.Append(piece);
        }

        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>The text with its lone surrogates replaced.</summary>
    private static string Valid(string text) => string.Concat(text.EnumerateRunes());
}
