using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Reads the rotary embedding's options: rope_theta with rope_scaling (transformers 4) or rope_parameters (transformers
/// 5).</summary>
internal static class RotaryOptions
{
    private const double DefaultTheta = 10000;
    private const double MinimumTheta = 1;
    private const double MaximumTheta = 1e15;
    private const double MinimumFactor = 1e-6;
    private const double MaximumFactor = 1e6;

    /// <summary>Base frequency and scaling. Where an option is written in two places, both must say the same.</summary>
    public static (double Theta, RotaryScaling? Scaling) Read(ConfigurationReader options)
    {
        double? theta = options.OptionalNumber("rope_theta", MinimumTheta, MaximumTheta);
        RotaryScaling? scaling = null;
        bool hasScaling = false;
        foreach (string name in (ReadOnlySpan<string>)["rope_scaling", "rope_parameters"])
        {
            if (options.OptionalObject(name) is not ConfigurationReader nested)
                continue;

            double? nestedTheta = nested.OptionalNumber("rope_theta", MinimumTheta, MaximumTheta);
            if (theta is not null && nestedTheta is not null && theta != nestedTheta)
                throw nested.Fault("rope_theta", "the same value wherever rope_theta is written");
            theta ??= nestedTheta;

            RotaryScaling? nestedScaling = ReadScaling(nested);
            if (hasScaling && scaling != nestedScaling)
                throw options.Fault(name, "the same scaling as rope_scaling");
            (scaling, hasScaling) = (nestedScaling, true);
        }

        return (theta ?? DefaultTheta, scaling);
    }

    private static RotaryScaling? ReadScaling(ConfigurationReader options)
    {
        options.RequireNumber("partial_rotary_factor", 1);
        string typeOption = options.Contains("rope_type") ? "rope_type" : "type";
        return options.OptionalText(typeOption) switch
        {
            null or "default" => null,
            "linear" => new LinearRotaryScaling(options.Number("factor", MinimumFactor, MaximumFactor)),
            "llama3" => ReadLlama3(options),
            "longrope" => ReadDivisors(options),
            _ => throw options.Fault(typeOption, "default, linear, llama3 or longrope: other scalings are not supported"),
        };
    }

    // longrope is supported only without a switch between two lengths.
    private static DividedRotaryScaling ReadDivisors(ConfigurationReader options)
    {
        options.RequireNumber("attention_factor", 1);
        if (!options.Contains("attention_factor"))
            throw options.Fault("attention_factor", "1: a factor that follows from the length is not supported");
        IReadOnlyList<double> divisors = options.Numbers("long_factor", MinimumFactor, MaximumFactor);
        if (!options.Numbers("short_factor", MinimumFactor, MaximumFactor).SequenceEqual(divisors))
            throw options.Fault("short_factor", "the numbers of long_factor: a switch between two lengths is not supported");
        return new DividedRotaryScaling([.. divisors.Select(divisor => (float)divisor)]);
    }

    private static Llama3RotaryScaling ReadLlama3(ConfigurationReader options)
    {
        Llama3RotaryScaling scaling = new(
            options.Number("factor", MinimumFactor, MaximumFactor),
            options.Number("low_freq_factor", MinimumFactor, MaximumFactor),
            options.Number("high_freq_factor", MinimumFactor, MaximumFactor),
            options.Integer("original_max_position_embeddings", 1, int.MaxValue));
        if (scaling.LowFrequencyFactor >= scaling.HighFrequencyFactor)
            throw options.Fault("high_freq_factor", "more than low_freq_factor");
        return scaling;
    }
}
