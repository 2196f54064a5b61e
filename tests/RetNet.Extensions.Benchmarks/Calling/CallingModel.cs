using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Tokenizers.Training;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>The files that a model which calls functions is trained from, and those that it is kept in.</summary>
internal static partial class CallingModel
{
    private const string EndOfTurn = "<|im_end|>";

    // A word has the same tokens in a request, in the name of a function and, after a quotation mark, in a call.
    private const string Piece = @" |\p{Lu}\p{Ll}+";

    // Vocabulary, not control tokens: a model writes calls as text.
    private static readonly string[] Tags = ["<tools>", "</tools>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"];

    /// <summary>The chat template: calls and results as Hermes models write them, functions as signatures of one line.</summary>
    public static ChatTemplate Template { get; } = ChatTemplate.Parse(TemplateText, "chat_template.jinja");

    private static string TemplateText => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Calling", "chat_template.jinja"));

    /// <summary>Writes <c>OUT/tokenizer</c> and <c>OUT/train.txt</c>, a document for each conversation.</summary>
    public static void WriteData(string path, IReadOnlyList<Conversation> conversations, int vocabulary)
    {
        string tokenizer = Path.Combine(path, "tokenizer");
        Directory.CreateDirectory(tokenizer);
        string[] texts = [.. conversations.Select(conversation => conversation.Render(Template))];

        // Pieces are cut for the trainer as the tokenizer cuts them.
        TrainedTokenizer trained = BytePairTrainer.Train(texts.Select(text => Pieces().Replace(text, "\n$0\n")), new BytePairTrainerOptions
        {
            VocabularySize = vocabulary,
            AdditionalSpecialTokens = ["<|im_start|>", EndOfTurn, .. Tags],
        });
        JsonNode json = JsonNode.Parse(trained.TokenizerJson.Span)!;
        foreach (JsonNode? token in json["added_tokens"]!.AsArray())
            token!["special"] = !Tags.Contains((string?)token["content"]);
        json["pre_tokenizer"] = JsonNode.Parse($$"""
            {
              "type": "Sequence",
              "pretokenizers": [
                { "type": "Split", "pattern": { "Regex": {{JsonSerializer.Serialize(Piece)}} }, "behavior": "Isolated", "invert": false },
                {{json["pre_tokenizer"]!.ToJsonString()}}
              ]
            }
            """);
        JsonNode configuration = JsonNode.Parse(trained.TokenizerConfigurationJson.Span)!;
        configuration["bos_token"] = null;
        configuration["eos_token"] = EndOfTurn;
        int end = (int)json["model"]!["vocab"]![EndOfTurn]!;
        File.WriteAllText(Path.Combine(tokenizer, "tokenizer.json"), json.ToJsonString());
        File.WriteAllText(Path.Combine(tokenizer, "tokenizer_config.json"), configuration.ToJsonString());
        File.WriteAllText(Path.Combine(tokenizer, "chat_template.jinja"), TemplateText);
        File.WriteAllText(Path.Combine(tokenizer, "generation_config.json"),
            $$"""{"eos_token_id": {{end}}, "pad_token_id": 1, "do_sample": false}""");
        File.WriteAllText(Path.Combine(path, "train.txt"), string.Join("<|endoftext|>\n", texts));
    }

    /// <summary>Writes a trained model with its matrices in bfloat16, without what training leaves beside it.</summary>
    public static void Pack(string trained, string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(trained);
        Directory.CreateDirectory(path);
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"])
            File.Copy(Path.Combine(trained, name), Path.Combine(path, name), overwrite: true);
        JsonNode configuration = JsonNode.Parse(checkpoint.Configuration.GetRawText())!;
        configuration["torch_dtype"] = "bfloat16";
        File.WriteAllText(Path.Combine(path, "config.json"), configuration.ToJsonString(new() { WriteIndented = true }));
        AtomicFile.Write(Path.Combine(path, "model.safetensors"),
            stream => SafetensorsWriter.Write(stream, checkpoint.Tensors.Values.Select(tensor => tensor.ToSource()), TensorType.BFloat16));
    }

    [GeneratedRegex(Piece)]
    private static partial Regex Pieces();
}
