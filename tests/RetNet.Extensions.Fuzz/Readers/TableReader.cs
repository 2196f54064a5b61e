using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;
using RetNet.Extensions.Tool;
using RetNet.Extensions.Tool.Forecasting.Tables;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>CSV files with series, of which every column is chosen once.</summary>
internal sealed class TableReader : Reader
{
    private static readonly string[] Words =
    [
        ",", ";", "\t", "|", "\n", "\r\n", "\"", "\"\"", "NaN", "NA", "1", "-2.5", "1,5", "1e999", "Infinity", "1e-400", "x",
        "\u0000", "\u001b[0m", "😀",
        "2024-01-31", "2024-02-29", "2023-02-29", "0001-01-01", "9999-12-31", "2024-Q1", "2024Q5", "2024-01", "2024", "0000",
        "2024-01-01T00:00:00.0000001Z", "2024-01-01 24:00", "2024-01-01T01:00+14:00", "31.12.2024", "1.1.0001", "2024-W53", "9999W52",
        "31/12/2024", "month", "sales", "shop",
    ];

    private readonly TemporaryFolder _folder = new();

    public override string Name => "tables";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        "month,sales\n2024-01-31,1\n2024-02-29,\n2024-04-30,3\n"u8.ToArray(),
        "\"day\";shop;\"so;ld\"\r\n2024-01-01;A;1,5\r\n2024-01-01;B;2\r\n2024-01-03;A;NaN\r\n2024-01-02;\"B \"\"x\"\"\";4\r\n"u8.ToArray(),
        "2024-03-04\t1\n2024-03-05\t2\n2024-03-08\t4\n2024-03-11\t3\n2024-03-06\t3\n2024-03-07\t3\n"u8.ToArray(),
        "1\n2\n\nNA\n4\n"u8.ToArray(),
        "t|v\n2023-Q3|1\n2024-Q1|2\n"u8.ToArray(),
        "2024-01-01T10:00:00Z,1\n2024-01-01T12:00:00+01:00,2\n2024-01-01T12:00:00Z,3\n"u8.ToArray(),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Texts.Mutate(input, mutation, Words);

    public override void Read(byte[] input)
    {
        CsvTable table = CsvTable.Read(_folder.Write("table.csv", input));
        CommandException? refusal = null;
        int read = 0;
        string?[] columns = [null, .. table.Columns.Take(3)];
        foreach ((string? value, string? time, string? group) in
            from value in columns from time in columns from @group in columns select (value, time, @group))
        {
            try
            {
                foreach (TableSeries series in new SeriesTable(table, value, time, group).Read(_ => { }))
                {
                    _ = series.TextAt(1);
                    _ = series.TextAt(1000);
                    if (series.Values.Any(double.IsInfinity))
                        throw new InvalidOperationException("A value is infinite.");
                }

                read++;
            }
            catch (CommandException exception)
            {
                refusal = exception;
            }
        }

        if (read == 0)
            throw refusal!;
    }

    public override bool IsRefusal(Exception exception) => exception is CommandException;
}
