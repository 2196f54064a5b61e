using System.Text;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Tokenizers with added tokens beyond the model's vocabulary, as Gemma 3 1B has one for pictures and early Llama 2 models one for
/// padding.</summary>
public class TokensBeyondModelTests
{
    private const string Picture = "<picture>";

    private static readonly string Folder = Path.Combine(RepositoryFiles.Models, "llama-tinystories");

    private static readonly ModelDocuments Documents = ModelDocuments.Read(Folder);

    private static readonly int Vocabulary = Tokenizer.Parse(Documents, "plain").VocabularySize;

    [Fact]
    public void An_added_token_beyond_the_model_is_none_of_its_tokens()
    {
        using TextModel model = Load(WithPicture(Documents));
        using TextModel plain = TextModel.Load(Folder, new ModelLoadOptions { Threads = 1 });
        Tokenizer tokenizer = model.Tokenizer;

        Assert.Equal(model.Info.VocabularySize, tokenizer.VocabularySize);
        Assert.Null(tokenizer.TokenId(Picture));
        Assert.False(tokenizer.IsSpecial(Vocabulary));
        Assert.Empty(tokenizer.TokenBytes(Vocabulary));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenText(Vocabulary));
        Assert.Equal(tokenizer.VocabularySize, new TokenTrie(tokenizer).VocabularySize);
        Assert.Equal(plain.DefaultOptions.StopTokens, model.DefaultOptions.StopTokens);
        Assert.Null(tokenizer.PaddingId);
        Assert.Equal(plain.Tokenizer.Encode("Once upon a time"), tokenizer.Encode("Once upon a time"));
    }

    [Fact]
    public void A_text_with_it_is_refused_by_name()
    {
        using TextModel model = Load(WithPicture(Documents));
        ChatEncoder chat = new(model.Tokenizer, ChatTemplate.Parse("{{ messages[0].content }}" + Picture, "template"));

        TokenizerException exception = Assert.Throws<TokenizerException>(() => model.EncodePrompt("a " + Picture));
        Assert.Contains($"found a text with {Picture}, token {Vocabulary}", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"expected tokens of the model's vocabulary, 0 to {Vocabulary - 1}", exception.Message, StringComparison.Ordinal);
        Assert.Throws<TokenizerException>(() => chat.Encode([new ChatTemplateMessage("user", "a")]));

        // What a user writes is text.
        Assert.NotEmpty(model.Chat.Encode([new ChatTemplateMessage("user", Picture)]));
    }

    [Fact]
    public void A_grammar_generates_with_the_tokens_that_are_left()
    {
        using TextModel model = Load(WithPicture(Documents));
        GenerationOptions options = model.DefaultOptions with { Grammar = Grammar.FromRegex("[a-z]{3}"), MaxTokens = 8 };

        GenerationResult result = model.CreateGenerator().Generate(new GenerationRequest(model.EncodePrompt("Once"), options));

        Assert.Matches("^[a-z]{3}$", result.Text);
    }

    [Fact]
    public void A_model_is_trained_with_the_tokens_that_are_left()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        using TrainableModel model = TrainableModel.Load(checkpoint, threads: 1);

        Assert.Equal(Vocabulary, TextModel.ReadTokenizer("trained", WithPicture(Documents), model).VocabularySize);
    }

    [Fact]
    public void The_tokenizer_of_another_model_is_refused()
    {
        JsonObject words = Words();
        words["model"]!["vocab"]![Picture] = Vocabulary;
        JsonObject around = JsonNode.Parse(WithPicture(Documents).Tokenizer.Span)!.AsObject();
        around["post_processor"] = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = JsonNode.Parse("""[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"p"}}]"""),
            ["special_tokens"] = new JsonObject { ["p"] = new JsonObject { ["ids"] = new JsonArray(Vocabulary) } },
        };
        foreach (JsonObject tokenizer in (JsonObject[])[words, around])
        {
            ModelDocuments documents = Documents with { Tokenizer = Encoding.UTF8.GetBytes(tokenizer.ToJsonString()) };
            CheckpointException exception = Assert.Throws<CheckpointException>(() => Load(documents));
            Assert.Contains(
                $"found {Vocabulary + 1} tokens; expected at most the {Vocabulary}", exception.Message, StringComparison.Ordinal);
        }
    }

    private static JsonObject Words() => JsonNode.Parse(Documents.Tokenizer.Span)!.AsObject();

    private static ModelDocuments WithPicture(ModelDocuments documents)
    {
        JsonObject tokenizer = Words(), settings = JsonNode.Parse(documents.TokenizerConfiguration.Span)!.AsObject();
        tokenizer["added_tokens"]!.AsArray().Add(new JsonObject
        {
            ["id"] = Vocabulary,
            ["content"] = Picture,
            ["normalized"] = false,
            ["special"] = true,
        });
        settings["pad_token"] = Picture;
        return documents with
        {
            Tokenizer = Encoding.UTF8.GetBytes(tokenizer.ToJsonString()),
            TokenizerConfiguration = Encoding.UTF8.GetBytes(settings.ToJsonString()),
        };
    }

    private static TextModel Load(ModelDocuments documents)
    {
        using FileStream weights = File.OpenRead(Path.Combine(Folder, "model.safetensors"));
        return TextModel.FromMemory("beyond", documents, weights, new ModelLoadOptions { Threads = 1 });
    }
}
