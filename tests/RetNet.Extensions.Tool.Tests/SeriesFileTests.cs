using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Tool.Tests;

public sealed class SeriesFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Each_line_is_a_series_and_empty_lines_are_none()
    {
        EvaluationSeries[] series = Read("Y1\tYEARLY\t1\t2\t1,2.5,-3e2\t4,5\n\nM1\tMONTHLY\t12\t1\t7\t8\r\n");

        Assert.Equal(["Y1", "M1"], series.Select(one => one.Id));
        Assert.Equal(["YEARLY", "MONTHLY"], series.Select(one => one.Period));
        Assert.Equal([1, 12], series.Select(one => one.SeasonLength));
        Assert.Equal([1, 2.5, -300], series[0].History);
        Assert.Equal([8.0], series[1].Future);
    }

    [Fact]
    public void Nothing_and_NaN_are_missing_values()
    {
        EvaluationSeries one = Assert.Single(Read("A\tDAILY\t7\t2\t,1,NaN,nan\t,"));

        Assert.Equal([double.NaN, 1, double.NaN, double.NaN], one.History);
        Assert.Equal([double.NaN, double.NaN], one.Future);
    }

    [Theory]
    [InlineData("A\tDAILY\t7\t1\t1,2", "line 1: 5 columns; expected 6")]
    [InlineData("A\tDAILY\t7\t1\t1,2\t3\t4", "line 1: 7 columns; expected 6")]
    [InlineData("A\tDAILY\t7\t1\t1\t2\nB\tDAILY\t0\t1\t1,2\t3", "line 2: season is '0'; expected a whole number from 1 on")]
    [InlineData("A\tDAILY\t2.5\t1\t1,2\t3", "line 1: season is '2.5'")]
    [InlineData("A\tDAILY\t7\t-1\t1,2\t3", "line 1: horizon is '-1'")]
    [InlineData("A\tDAILY\t7\t99999999999\t1,2\t3", "line 1: horizon is '99999999999'")]
    [InlineData("A\tDAILY\t7\t2\t1,2\t3", "line 1: future has 1 values; expected 2, the horizon")]
    [InlineData("A\tDAILY\t7\t1\t1,x\t3", "line 1: value 2 of history is 'x'; expected a finite number")]
    [InlineData("A\tDAILY\t7\t1\t1,2\t1e999", "line 1: value 1 of future is '1e999'")]
    [InlineData("A\tDAILY\t7\t1\tInfinity\t3", "line 1: value 1 of history is 'Infinity'")]
    [InlineData("A\tDAILY\t7\t1\t,NaN\t3", "line 1: all of the history is missing")]
    [InlineData(" \n\r\n", "has no series")]
    public void What_is_not_a_series_is_refused_with_file_and_line(string text, string message)
    {
        CommandException exception = Assert.Throws<CommandException>(() => Read(text));

        Assert.Contains(_path, exception.Message);
        Assert.Contains(message, exception.Message);
    }

    private EvaluationSeries[] Read(string text)
    {
        File.WriteAllText(_path, text);
        return SeriesFile.Read(_path);
    }
}
