namespace RetNet.Extensions.Benchmarks.Training;

/// <summary>A training to measure, in sequences of <see cref="Context"/> tokens.</summary>
/// <param name="Architecture">retnet or llama.</param>
/// <param name="Width">d.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Heads.</param>
/// <param name="Batch">Sequences of a step.</param>
/// <param name="Steps">Steps that are measured.</param>
internal sealed record TrainingCase(string Architecture, int Width, int Layers, int Heads, int Batch, int Steps)
{
    /// <summary>Tokens of a sequence.</summary>
    public const int Context = 384;

    /// <summary>Options of <c>retnet train</c>.</summary>
    public string[] Arguments =>
    [
        "--architecture", Architecture, "--validation-percent", "0", "--warmup", "2",
        .. FormattableString.Invariant($"--dim {Width} --layers {Layers} --heads {Heads} --batch {Batch} --context {Context}").Split(' '),
    ];
}
