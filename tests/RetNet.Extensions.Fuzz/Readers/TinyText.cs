using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Models of a few thousand random weights, in folders.</summary>
internal static class TinyText
{
    public const string Template =
        """
        {%- if tools %}{{ '<|im_start|>tools' }}{% for tool in tools %}{{ tool | tojson }}{% endfor %}{% endif %}
        {%- for message in messages %}{{ '<|im_start|>' + message.role + '\n' + (message.content or '') }}
        {%- for call in message.tool_calls or [] %}<tool_call>
        {"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
        </tool_call>{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    private static readonly TemporaryFolder Folder = new();

    private static readonly TrainedTokenizer Trained = BytePairTrainer.Train(["The dog ran. The dogs ran. {\"name\": \"dog\"}"],
        new BytePairTrainerOptions
        {
            VocabularySize = 304,
            EndOfTextToken = "<s>",
            PaddingToken = "</s>",
            AdditionalSpecialTokens = ["<|im_start|>", "<|im_end|>"]
        });

    private static readonly Lazy<string> LazyRetNet = new(() => Create("retnet", RetNetJson));
    private static readonly Lazy<string> LazyLlama = new(() => Create("llama", LlamaJson));
    private static readonly Lazy<TextModel> LazyRetNetModel = new(() => TextModel.Load(RetNet, OneThread));
    private static readonly Lazy<TextModel> LazyLlamaModel = new(() => TextModel.Load(Llama, OneThread));

    private const string RetNetJson =
        """
        {"model_type":"retnet","hidden_size":16,"num_heads":2,"num_hidden_layers":1,"intermediate_size":24,"vocab_size":304,
        "tie_word_embeddings":true,"bos_token_id":0,"eos_token_id":1}
        """;

    private const string LlamaJson =
        """
        {"model_type":"llama","hidden_size":16,"num_attention_heads":2,"num_key_value_heads":1,"num_hidden_layers":2,"intermediate_size":24,
        "vocab_size":304,"max_position_embeddings":64,"rms_norm_eps":1e-6,"rope_theta":10000,"bos_token_id":0,"eos_token_id":[1]}
        """;

    public static ModelLoadOptions OneThread { get; } = new() { Threads = 1 };

    public static string RetNet => LazyRetNet.Value;

    public static string Llama => LazyLlama.Value;

    public static TextModel RetNetModel => LazyRetNetModel.Value;

    public static TextModel LlamaModel => LazyLlamaModel.Value;

    private static string Create(string name, string configuration)
    {
        using TrainableModel model = name == "retnet"
            ? TrainableModel.Create(RetNetConfiguration.Parse(JsonElement.Parse(configuration), name), seed: 1, threads: 1)
            : TrainableModel.Create(TransformerConfiguration.Parse(JsonElement.Parse(configuration), name), seed: 1, threads: 1);
        string path = Folder[name];
        model.Save(path, new ModelDocuments
        {
            Configuration = default,
            Tokenizer = Trained.TokenizerJson,
            TokenizerConfiguration = Trained.TokenizerConfigurationJson,
            ChatTemplate = System.Text.Encoding.UTF8.GetBytes(Template),
            GenerationConfiguration =
                """{"do_sample":true,"temperature":0.7,"top_k":20,"top_p":0.9,"repetition_penalty":1.1}"""u8.ToArray(),
        });
        return path;
    }
}
