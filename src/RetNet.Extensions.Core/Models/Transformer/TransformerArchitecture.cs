using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>How the config.json of one architecture maps to a <see cref="TransformerConfiguration"/>, and back.</summary>
/// <remarks>An option that is absent has the default of transformers' class.</remarks>
internal abstract class TransformerArchitecture
{
    private const string TextPart = "text_config";

    // model_type of a model that reads pictures too, and of its text_config where it does not say.
    private static readonly (string Whole, string Text)[] Wholes = [("gemma3", "gemma3_text"), ("mistral3", "mistral")];

    /// <summary>All architectures of the family.</summary>
    public static IReadOnlyList<TransformerArchitecture> All { get; } =
    [
        new LlamaArchitecture(), new MistralArchitecture(), new Ministral3Architecture(), new MixtralArchitecture(),
        new QwenArchitecture(2), new QwenArchitecture(3), new QwenMoeArchitecture(2), new QwenMoeArchitecture(3),
        new GemmaArchitecture(), new Gemma2Architecture(), new Gemma3Architecture(), new Phi3Architecture(), new Smollm3Architecture(),
        new GraniteArchitecture("granite", "GraniteForCausalLM"), new GraniteArchitecture("granitemoe", "GraniteMoeForCausalLM"),
        new GraniteArchitecture("granitemoeshared", "GraniteMoeSharedForCausalLM"), new GptOssArchitecture(),
        new OlmoArchitecture(2), new OlmoArchitecture(3), new OlmoeArchitecture(),
        new ErnieArchitecture(hasExperts: false), new ErnieArchitecture(hasExperts: true), new SeedOssArchitecture(),
        new Glm4Architecture(), new Glm4MoeArchitecture(), new Dots1Architecture(), new HunyuanArchitecture(),
        new InternLmArchitecture("internlm2", InternLmArchitecture.Names2), new InternLmArchitecture("internlm3", null),
    ];

    /// <summary>Every model_type that is read.</summary>
    public static IEnumerable<string> ModelTypes => All.Select(one => one.ModelType).Concat(Wholes.Select(one => one.Whole));

    /// <summary>The configuration's model_type.</summary>
    public abstract string ModelType { get; }

    /// <summary>The class of transformers that computes it.</summary>
    public abstract string ClassName { get; }

    /// <summary>Whether a configuration is one of the family.</summary>
    public static bool Describes(ConfigurationReader options) =>
        options.OptionalText("model_type") is { } modelType && ModelTypes.Contains(modelType);

    /// <summary>Reads a configuration of any architecture. Of a model that reads pictures too it reads text_config.</summary>
    /// <exception cref="CheckpointException">It is none of the family, or an option is missing, out of range, or set to what is not
    /// supported.</exception>
    public static TransformerConfiguration ReadAny(ConfigurationReader options)
    {
        string? modelType = options.OptionalText("model_type");
        (string Whole, string Text) whole = Wholes.FirstOrDefault(one => one.Whole == modelType);
        if (whole.Whole is null)
            return ReadOwn(options, modelType);

        RefuseOtherCode(options);
        ConfigurationReader text = options.OptionalObject(TextPart) ?? throw options.Fault(TextPart, "an object");
        options.Refuse("quantization_config");
        TransformerConfiguration c = ReadOwn(text, text.OptionalText("model_type") ?? whole.Text);
        IReadOnlyList<int> ends = options.TokenIds("eos_token_id", c.VocabularySize);
        return c with
        {
            IsPart = true,
            TieEmbeddings = options.Boolean(TransformerConfigurationReader.TieOption, c.TieEmbeddings),
            BosTokenId = options.OptionalTokenId("bos_token_id", c.VocabularySize) ?? c.BosTokenId,
            EosTokenIds = ends.Count > 0 ? ends : c.EosTokenIds,
            PadTokenId = options.OptionalTokenId("pad_token_id", c.VocabularySize) ?? c.PadTokenId,
        };
    }

    /// <summary>The architecture of a model_type; null for none of the family.</summary>
    public static TransformerArchitecture? Named(string? modelType) => All.FirstOrDefault(one => one.ModelType == modelType);

    /// <summary>Whether the architecture is computed here as the code beside its checkpoints does, because transformers has no class of
    /// it.</summary>
    public virtual bool IsOnlyOtherCode => false;

    /// <summary>The names of experts' weights; null where an architecture has no experts.</summary>
    public virtual ExpertNames? ExpertNames => null;

    /// <summary>The names of norms.</summary>
    public virtual NormNames NormNames { get; } = new();

    /// <summary>Names of tensors that a checkpoint may have and that are not read, such as those of layers that guess further tokens; *
    /// stands for any characters.</summary>
    public virtual string[] Ignorable(TransformerConfiguration c) => [];

    /// <summary>Whether a checkpoint may have, behind the last layer, one that guesses the token after the next.</summary>
    public virtual bool MayGuessBehindLayers => false;

    /// <summary>Reads a configuration of this architecture.</summary>
    /// <exception cref="CheckpointException">An option is missing, out of range, or set to what is not supported.</exception>
    public abstract TransformerConfiguration Read(ConfigurationReader options);

    /// <summary>Adds to a configuration the options that not every architecture has.</summary>
    public abstract void Write(JsonObject json, TransformerConfiguration c);

    private static TransformerConfiguration ReadOwn(ConfigurationReader options, string? modelType)
    {
        TransformerArchitecture architecture =
            Named(modelType) ?? throw options.TextFault("model_type", TransformerConfiguration.Expected);
        if (!architecture.IsOnlyOtherCode)
            RefuseOtherCode(options);
        return architecture.Read(options);
    }

    // Embedding models have code of their own for a known architecture mostly to let a token see those after it (gte-Qwen2, LLM2Vec).
    private static void RefuseOtherCode(ConfigurationReader options)
    {
        const string option = "AutoModel";
        if (options.OptionalObject("auto_map") is { } map && map.Contains(option))
        {
            throw map.Fault(option, "none: the model's own code may compute something else than transformers' class; remove the entry if "
                + "both compute the same");
        }
    }
}

/// <summary>The names that checkpoints of an architecture have for the norms of a block, without .weight: Llama's, Gemma 2's and Qwen
/// 3's.</summary>
internal sealed record NormNames
{
    /// <summary>The norm of what attention adds; where there is no such norm, the one before the feed-forward network.</summary>
    public string AfterAttention { get; init; } = "post_attention_layernorm";

    /// <summary>The norm before the feed-forward network, where there are norms around it.</summary>
    public string BeforeNetwork { get; init; } = "pre_feedforward_layernorm";

    /// <summary>The norm of what the feed-forward network adds.</summary>
    public string AfterNetwork { get; init; } = "post_feedforward_layernorm";

    /// <summary>The norm of queries.</summary>
    public string Query { get; init; } = "self_attn.q_norm";

    /// <summary>The norm of keys.</summary>
    public string Key { get; init; } = "self_attn.k_norm";
}
