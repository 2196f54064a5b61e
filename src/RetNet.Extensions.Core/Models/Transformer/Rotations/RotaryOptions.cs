using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Reads the rotary embedding's options: rope_theta with rope_scaling (transformers 4) or rope_parameters (transformers
/// 5).</summary>
/// <param name="options">The configuration.</param>
/// <param name="contextLength">max_position_embeddings.</param>
internal sealed class RotaryOptions(ConfigurationReader options, int contextLength)
{
    /// <summary>The largest base.</summary>
    public const double MaximumTheta = 1e15;

    private const double MinimumTheta = 1;
    private const double MinimumFactor = 1e-6;
    private const double MaximumFactor = 1e6;
    private const string OriginalLength = "original_max_position_embeddings";
    private const string Part = "partial_rotary_factor";

    private static readonly string[] Places = ["rope_scaling", "rope_parameters"];

    /// <summary>Base and scaling. Where an option is written in two places, both must say the same.</summary>
    /// <param name="defaultTheta">The base where none is written.</param>
    public (double Theta, RotaryScaling? Scaling) Read(double defaultTheta)
    {
        double? theta = options.OptionalNumber("rope_theta", MinimumTheta, MaximumTheta);
        RotaryScaling? scaling = null;
        bool hasScaling = false;
        foreach (string name in Places)
        {
            if (options.OptionalObject(name) is not ConfigurationReader nested)
                continue;

            double? nestedTheta = Theta(nested);
            if (theta is not null && nestedTheta is not null && theta != nestedTheta)
                throw nested.Fault("rope_theta", "the same value wherever rope_theta is written");
            theta ??= nestedTheta;

            RotaryScaling? nestedScaling = ReadScaling(nested);
            if (hasScaling && scaling != nestedScaling)
                throw options.Fault(name, "the same scaling as rope_scaling");
            (scaling, hasScaling) = (nestedScaling, true);
        }

        return (theta ?? defaultTheta, scaling);
    }

    /// <summary>The part of a head that is rotated: partial_rotary_factor, beside rope_scaling or in it.</summary>
    /// <param name="absent">The part where it is not written.</param>
    public double ReadPart(double absent)
    {
        double? part = options.OptionalNumber(Part, MinimumFactor, 1);
        foreach (string name in Places)
            part ??= options.OptionalObject(name)?.OptionalNumber(Part, MinimumFactor, 1);
        return part ?? absent;
    }

    /// <summary>Requires heads that are rotated as a whole.</summary>
    public void RequireWhole()
    {
        options.RequireNumber(Part, 1);
        foreach (string name in Places)
            options.OptionalObject(name)?.RequireNumber(Part, 1);
    }

    /// <summary>rope_theta of an object of options.</summary>
    public static double? Theta(ConfigurationReader rotation) => rotation.OptionalNumber("rope_theta", MinimumTheta, MaximumTheta);

    /// <summary>The scaling that an object of options says; null for none.</summary>
    public RotaryScaling? ReadScaling(ConfigurationReader scaling)
    {
        string typeOption = scaling.Contains("rope_type") ? "rope_type" : "type";
        return scaling.OptionalText(typeOption) switch
        {
            null or "default" => null,
            "linear" => new LinearRotaryScaling(scaling.Number("factor", MinimumFactor, MaximumFactor)),
            "dynamic" => new DynamicRotaryScaling(scaling.Number("factor", 1, MaximumFactor), contextLength),
            "llama3" => ReadLlama3(scaling),
            "yarn" => ReadYarn(scaling),
            "longrope" or "su" => ReadLong(scaling),
            _ => throw scaling.Fault(
                typeOption, "default, linear, dynamic, llama3, yarn or longrope: other scalings are not supported"),
        };
    }

    // attn_factor, as DeepSeek writes it, multiplies the factor that follows from the lengths.
    private YarnRotaryScaling ReadYarn(ConfigurationReader scaling)
    {
        int original = OriginalContextLength(scaling);
        double factor = scaling.Number("factor", 1, MaximumFactor);
        double? m = scaling.OptionalNumber("mscale", 0, MaximumFactor), all = scaling.OptionalNumber("mscale_all_dim", 0, MaximumFactor);
        double follows = m > 0 && all > 0
            ? YarnRotaryScaling.Scale(factor, m.Value) / YarnRotaryScaling.Scale(factor, all.Value)
            : YarnRotaryScaling.Scale(factor);
        return new YarnRotaryScaling(
            factor,
            original,
            scaling.OptionalNumber("beta_fast", 0, MaximumFactor) is double fast and > 0 ? fast : 32,
            scaling.OptionalNumber("beta_slow", 0, MaximumFactor) is double slow and > 0 ? slow : 1,
            scaling.Boolean("truncate", true),
            Attention(scaling) ?? (follows * (scaling.OptionalNumber("attn_factor", MinimumFactor, MaximumFactor) ?? 1)));
    }

    // One list for all lengths needs no length of a switch.
    private RotaryScaling ReadLong(ConfigurationReader scaling)
    {
        float[] longFactors = [.. scaling.Numbers("long_factor", MinimumFactor, MaximumFactor).Select(factor => (float)factor)];
        float[] shortFactors = [.. scaling.Numbers("short_factor", MinimumFactor, MaximumFactor).Select(factor => (float)factor)];
        double? attention = Attention(scaling);
        if (attention == 1 && shortFactors.SequenceEqual(longFactors))
            return new DividedRotaryScaling(longFactors);
        int original = OriginalContextLength(scaling);
        double factor = scaling.OptionalNumber("factor", MinimumFactor, MaximumFactor) ?? (contextLength / (double)original);
        return new LongRotaryScaling(
            shortFactors, longFactors, original, attention ?? LongRotaryScaling.DefaultAttention(factor, original));
    }

    private static double? Attention(ConfigurationReader scaling) =>
        scaling.OptionalNumber("attention_factor", MinimumFactor, MaximumFactor);

    // Phi 3 writes it beside rope_scaling.
    private int OriginalContextLength(ConfigurationReader scaling) =>
        options.OptionalInteger(OriginalLength, 2, int.MaxValue) ?? scaling.OptionalInteger(OriginalLength, 2, int.MaxValue)
            ?? contextLength;

    private static Llama3RotaryScaling ReadLlama3(ConfigurationReader options)
    {
        Llama3RotaryScaling scaling = new(
            options.Number("factor", MinimumFactor, MaximumFactor),
            options.Number("low_freq_factor", MinimumFactor, MaximumFactor),
            options.Number("high_freq_factor", MinimumFactor, MaximumFactor),
            options.Integer(OriginalLength, 1, int.MaxValue));
        if (scaling.LowFrequencyFactor >= scaling.HighFrequencyFactor)
            throw options.Fault("high_freq_factor", "more than low_freq_factor");
        return scaling;
    }
}
