using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;
using RetNet.Extensions.Tool;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Files of series that forecasts are measured with.</summary>
internal sealed class SeriesReader : Reader
{
    private static readonly string[] Words = ["\t", ",", "\n", "\r\n", "NaN", "1", "-2.5", "1e999", "Infinity", "0", "99999999999",
        "MONTHLY"];

    private readonly TemporaryFolder _folder = new();

    public override string Name => "series";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        "M1\tMONTHLY\t12\t2\t1,2.5,,NaN,4\t3,\n\r\nY1\tYEARLY\t1\t1\t1\t2\n"u8.ToArray(),
        "H1\tHOURLY\t24\t3\t1,2,3,4,5,6\t7,8,9"u8.ToArray(),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Texts.Mutate(input, mutation, Words);

    public override void Read(byte[] input)
    {
        foreach (EvaluationSeries series in SeriesFile.Read(_folder.Write("series.tsv", input)))
            _ = series.Seasons;
    }

    public override bool IsRefusal(Exception exception) => exception is CommandException;
}
