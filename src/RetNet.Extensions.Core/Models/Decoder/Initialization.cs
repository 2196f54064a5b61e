namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>How the values of a new tensor are drawn.</summary>
/// <param name="Kind">The distribution.</param>
/// <param name="Scale">Its constant value, standard deviation or bound.</param>
internal readonly record struct Initialization(InitializationKind Kind, float Scale)
{
    public static Initialization Ones => new(InitializationKind.Constant, 1);

    public static Initialization Zeros => new(InitializationKind.Constant, 0);

    public static Initialization Normal(double standardDeviation) => new(InitializationKind.Normal, (float)standardDeviation);

    /// <summary>Uniform in ±gain · √(6 / (fan in + fan out)) (Glorot and Bengio 2010).</summary>
    public static Initialization Xavier(int rows, int columns, double gain) =>
        new(InitializationKind.Uniform, (float)(gain * Math.Sqrt(6.0 / ((long)rows + columns))));

    /// <summary>Uniform in ±1/√(fan in): what PyTorch gives a linear layer.</summary>
    public static Initialization FanIn(int columns) => new(InitializationKind.Uniform, (float)(1 / Math.Sqrt(columns)));

    /// <summary>Fills a tensor.</summary>
    public void Fill(Span<float> values, Random random)
    {
        switch (Kind)
        {
            case InitializationKind.Constant:
                values.Fill(Scale);
                break;
            case InitializationKind.Uniform:
                foreach (ref float value in values)
                    value = Scale * ((2 * random.NextSingle()) - 1);
                break;
            default:
                // Box and Muller; 1 − u is never 0.
                foreach (ref float value in values)
                {
                    value =
                        (float)(Scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
                }

                break;
        }
    }
}

/// <summary>The distribution of a new tensor's values.</summary>
internal enum InitializationKind
{
    /// <summary>All the same.</summary>
    Constant,

    /// <summary>Normal with mean 0.</summary>
    Normal,

    /// <summary>Uniform around 0.</summary>
    Uniform,
}
