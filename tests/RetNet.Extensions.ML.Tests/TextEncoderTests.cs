using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.ML.Tests;

public sealed class TextEncoderTests
{
    private const int Separator = 0;

    [Theory]
    [InlineData(0, 4, 6)]
    [InlineData(100, 4, 6)]
    [InlineData(8, 3, 4)]
    [InlineData(2, 0, 1)]
    [InlineData(1, 0, 0)]
    public void Of_a_pair_that_is_too_long_the_longer_text_is_cut_first(int contextLength, int first, int second)
    {
        int[] tokens = new TextEncoder(TinyModel.Text.Tokenizer, Separator, contextLength).Encode(["abcd", "efghij"]);

        int[] a = TinyModel.Text.Tokenizer.Encode("abcd");
        int[] b = TinyModel.Text.Tokenizer.Encode("efghij");
        Assert.Equal((4, 6), (a.Length, b.Length));
        Assert.Equal([.. a[..first], Separator, .. b[..second]], tokens);
    }

    [Fact]
    public void A_row_has_at_least_one_token_and_no_limit_unless_one_is_set()
    {
        Assert.Equal([Separator], new TextEncoder(TinyModel.Text.Tokenizer, Separator, 0).Encode([""]));
        Assert.Equal([Separator], new TextEncoder(TinyModel.Text.Tokenizer, Separator, 0).Encode(["", ""]));
        Assert.Equal(5000, new TextEncoder(TinyModel.Text.Tokenizer, Separator, 0).Encode([new string('z', 5000)]).Length);
        Assert.Equal(7, new TextEncoder(TinyModel.Text.Tokenizer, Separator, 7).Encode([new string('z', 5000)]).Length);
    }
}
