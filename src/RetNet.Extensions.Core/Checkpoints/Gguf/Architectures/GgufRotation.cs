using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Translates the options of the rotary embedding to rope_theta and rope_parameters.</summary>
internal static class GgufRotation
{
    /// <summary>Growth of queries with their positions.</summary>
    public const string QueryGrowth = "attention.temperature_scale";

    private const string Scaling = "rope_parameters";
    private const string Divisors = "rope_freqs.weight";
    private const string ShortDivisors = "rope_factors_short.weight";
    private const string LongDivisors = "rope_factors_long.weight";

    private const string TypeOption = "rope.scaling.type";
    private const string FactorOption = "rope.scaling.factor";
    private const string AttentionOption = "rope.scaling.attn_factor";
    private const double MaximumFactor = 1e6;

    /// <summary>Whether a tensor holds divisors of the rotary frequencies: part of the configuration, no weight.</summary>
    public static bool IsDivisors(string tensor) => tensor is Divisors or ShortDivisors or LongDivisors;

    /// <summary>Writes the options.</summary>
    /// <param name="options">The file's options.</param>
    /// <param name="hasWholeFactor">See <see cref="GgufArchitecture.HasWholeAttentionFactor"/>.</param>
    /// <param name="json">Receives config.json.</param>
    public static void Write(GgufOptions options, bool hasWholeFactor, Utf8JsonWriter json)
    {
        json.WriteNumber("rope_theta", options.OptionalNumber("rope.freq_base", 1, 1e15) ?? 10000);
        int pairs = options.RotaryWidth / 2;
        float[]? divisors = options.Divisors(Divisors, pairs);
        float[]? shortDivisors = options.Divisors(ShortDivisors, pairs);
        float[]? longDivisors = options.Divisors(LongDivisors, pairs);
        string type = options.OptionalText(TypeOption) ?? (longDivisors is null ? "linear" : "longrope");
        if (divisors is not null && type is not ("none" or "linear"))
            throw options.Fault(TypeOption, $"none, as the file has {Divisors}");
        switch (type)
        {
            case "none":
                WriteConstantDivisors(divisors, json);
                break;
            case "linear":
                WriteLinear(options, divisors, json);
                break;
            case "yarn":
                WriteYarn(options, hasWholeFactor, json);
                break;
            case "longrope":
                WriteLongRope(options, shortDivisors, longDivisors, json);
                break;
            default:
                throw options.Fault(TypeOption, "none, linear, yarn or longrope: other scalings are not supported");
        }
    }

    private static void WriteLinear(GgufOptions options, float[]? divisors, Utf8JsonWriter json)
    {
        double? factor = options.OptionalNumber(FactorOption, 0, MaximumFactor)
            ?? options.OptionalNumber("rope.scale_linear", 0, MaximumFactor);
        if (factor is null or 0 or 1)
        {
            WriteConstantDivisors(divisors, json);
            return;
        }

        if (divisors is not null)
            throw options.Fault(TypeOption, $"none, as the file has {Divisors}");
        json.WriteStartObject(Scaling);
        json.WriteString("rope_type", "linear");
        json.WriteNumber("factor", factor.Value);
        json.WriteEndObject();
    }

    // One divisor for each frequency, independent of the length, and no scaling of the attention: transformers' longrope with equal lists.
    private static void WriteConstantDivisors(float[]? divisors, Utf8JsonWriter json)
    {
        if (divisors is null)
            return;
        json.WriteStartObject(Scaling);
        json.WriteString("rope_type", "longrope");
        WriteNumbers("short_factor", divisors, json);
        WriteNumbers("long_factor", divisors, json);
        json.WriteNumber("attention_factor", 1);
        json.WriteEndObject();
    }

    private static void WriteLongRope(GgufOptions options, float[]? shortDivisors, float[]? longDivisors, Utf8JsonWriter json)
    {
        if (shortDivisors is null || longDivisors is null)
            throw options.Fault(TypeOption, $"another type, as the file lacks {(longDivisors is null ? LongDivisors : ShortDivisors)}");
        json.WriteStartObject(Scaling);
        json.WriteString("rope_type", "longrope");
        WriteNumbers("short_factor", shortDivisors, json);
        WriteNumbers("long_factor", longDivisors, json);
        json.WriteNumber("original_max_position_embeddings", OriginalLength(options));
        json.WriteNumber("attention_factor", options.OptionalNumber(AttentionOption, 0, MaximumFactor) ?? 1);
        json.WriteEndObject();
    }

    private static void WriteYarn(GgufOptions options, bool hasWholeFactor, Utf8JsonWriter json)
    {
        options.All.RequireNumber(options.Key("rope.scaling.yarn_ext_factor"), 1);
        double? attention = options.OptionalNumber("rope.scaling.yarn_attn_factor", 0, MaximumFactor);
        if (hasWholeFactor)
            attention ??= options.OptionalNumber(AttentionOption, 0, MaximumFactor);
        else
            options.All.RequireNumber(options.Key(AttentionOption), 1);
        json.WriteStartObject(Scaling);
        json.WriteString("rope_type", "yarn");
        json.WriteNumber("factor", options.All.Number(options.Key(FactorOption), 1, MaximumFactor));
        json.WriteNumber("original_max_position_embeddings", OriginalLength(options));
        if (attention is not null)
            json.WriteNumber("attention_factor", attention.Value);
        if (options.OptionalNumber("rope.scaling.yarn_log_multiplier", 0, MaximumFactor) is double multiplier and not 0)
        {
            json.WriteNumber("mscale", 1);
            json.WriteNumber("mscale_all_dim", multiplier);
        }

        if (options.OptionalNumber(QueryGrowth, 0, MaximumFactor) is double growth)
            json.WriteNumber("llama_4_scaling_beta", growth);
        json.WriteNumber("beta_fast", options.OptionalNumber("rope.scaling.yarn_beta_fast", 0, MaximumFactor) ?? 32);
        json.WriteNumber("beta_slow", options.OptionalNumber("rope.scaling.yarn_beta_slow", 0, MaximumFactor) ?? 1);
        if (options.All.Contains(options.Key("rope.scaling.yarn_truncate")))
            json.WriteBoolean("truncate", options.All.Boolean(options.Key("rope.scaling.yarn_truncate"), true));
        json.WriteEndObject();
    }

    private static int OriginalLength(GgufOptions options) =>
        options.OptionalInteger("rope.scaling.original_context_length", 1, int.MaxValue)
            ?? options.Integer("context_length", 1, int.MaxValue);

    private static void WriteNumbers(string name, float[] numbers, Utf8JsonWriter json)
    {
        json.WriteStartArray(name);
        foreach (float number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
