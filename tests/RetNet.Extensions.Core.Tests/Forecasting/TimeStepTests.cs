using System.Globalization;
using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Core.Tests.Forecasting;

public sealed class TimeStepTests
{
    private static readonly TimeStep Weekdays = new(TimeSpan.TicksPerDay, 0, 0, true);

    [Fact]
    public void Working_days_lead_back_as_they_lead_ahead()
    {
        long[] days = [.. Enumerable.Range(0, 42).Select(day => new DateTime(2024, 1, 1).AddDays(day))
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)).Select(day => day.Ticks)];
        TimeStep step = TimeStep.Infer([days]);

        Assert.Equal(Weekdays, step);
        for (int from = 0; from < days.Length; from++)
        {
            for (int to = 0; to < days.Length; to++)
            {
                Assert.Equal(days[to], step.TimeOf(days[from], to - from));
                Assert.Equal(to - from, step.StepOf(days[from], days[to]));
                Assert.True(step.Fits(days[from], days[to]));
            }
        }
    }

    [Theory]
    [InlineData(true, "2024-01-01T00:00+01:00", "2024-07-01T00:00+02:00")]
    [InlineData(true, "2024-01-01T00:00+00:00", "2024-07-01T00:00+01:00")]
    [InlineData(true, "2024-01-01T20:00-05:00", "2024-01-02T20:00-05:00")]
    [InlineData(true, "0001-01-02T00:00+14:00", "9999-12-30T00:00+14:00")]
    [InlineData(false, "2024-01-01T00:00+00:00", "2024-07-01T00:00+00:00")]
    [InlineData(false, "2024-01-01T00:00+01:00", "2024-01-01T01:00+01:00")]
    [InlineData(false, "2024-01-01T01:00+01:00", "2024-07-01T02:00+02:00")]
    [InlineData(false, "2024-01-01T00:00+01:00", "2024-01-02T00:00+03:00")]
    [InlineData(false)]
    public void Times_of_one_time_of_day_with_the_offsets_of_a_place_are_local(bool local, params string[] times)
    {
        Assert.Equal(local, TimeStep.AreLocal(times.Select(time => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData(false, 19, "2024-01-07")]
    [InlineData(true, 20, "2024-01-08")]
    public void Working_days_of_UTC_are_not_those_of_the_place_where_they_were_written(bool local, int hour, string first)
    {
        // A day of UTC begins at 19:00 of the day before. Twelve working days, from a Sunday or a Monday of the place on.
        DateTime start = DateTime.Parse(first, CultureInfo.InvariantCulture);

        IEnumerable<DateTimeOffset> times = Enumerable.Range(0, 16).Where(day => day % 7 < 5)
            .Select(day => new DateTimeOffset(start.AddDays(day).AddHours(hour), TimeSpan.FromHours(-5)));

        Assert.Equal(local, TimeStep.AreLocal(times));
    }

    [Fact]
    public void A_weekend_among_working_days_is_no_step()
    {
        long friday = Ticks("2024-01-05 09:00");

        Assert.Equal([true, true, false], ((string[])["2024-01-06 08:00", "2024-01-07 10:00", "2024-01-08 08:00"])
            .Select(time => Weekdays.LeavesOut(friday, Ticks(time))));
        Assert.False(Weekdays.Fits(friday, Ticks("2024-01-06 09:00")));
        Assert.True(Weekdays.LeavesOut(Ticks("2024-01-06"), Ticks("2024-01-06")));
        Assert.False((Weekdays with { IsWeekday = false }).LeavesOut(friday, Ticks("2024-01-06 09:00")));
    }

    [Theory]
    [InlineData("2024-01-01 2024-02-01", 1)]
    [InlineData("2024-07-15 2024-08-15 2024-09-15", 15)]
    [InlineData("2023-01-27 2023-02-27 2023-03-27 2023-04-27 2023-05-27 2023-06-27", 27)]
    [InlineData("2024-11-30 2024-12-31 2025-01-31", 31)]
    [InlineData("2025-01-30 2025-02-28 2025-03-30", 30)]
    [InlineData("2025-01-31 2025-02-28 2025-03-31 2025-04-30 2025-05-30 2025-06-30 2025-07-31 2025-08-29 2025-09-30", 31)]
    [InlineData("2025-01-02 2025-02-03 2025-03-03 2025-04-01 2025-05-01 2025-06-02 2025-07-01 2025-08-01 2025-09-01", 1)]
    [InlineData("9999-10-20 9999-11-20 9999-12-20", 20)]
    public void A_day_of_the_month_is_a_step_of_a_month(string times, int day)
    {
        long[] ticks = Times(times);
        TimeStep step = TimeStep.Infer([ticks]);

        Assert.Equal(new TimeStep(0, 1, day, false), step);
        Assert.Equal(Enumerable.Range(0, ticks.Length).Select(i => (long)i), ticks.Select(time => step.StepOf(ticks[0], time)));
        Assert.All(ticks, time => Assert.True(step.Fits(ticks[0], time)));
    }

    [Theory]
    [InlineData("2024-01-01 2024-01-31 2024-03-01 2024-03-31", 30)]
    [InlineData("2024-01-01 2024-01-31 2024-03-31 2024-04-30", 30)]
    [InlineData("2024-01-01 2024-01-29 2024-02-26 2024-03-25", 28)]
    [InlineData("2024-01-01 2024-01-02 2024-02-01 2024-02-02 2024-02-03", 1)]
    [InlineData("2024-01-01 2024-01-08 2024-01-16 2024-01-22 2024-01-29", 7)]
    public void The_most_frequent_number_of_days_is_a_step_where_months_fit_less(string times, int days) =>
        Assert.Equal(new TimeStep(days * TimeSpan.TicksPerDay, 0, 0, false), TimeStep.Infer([Times(times)]));

    [Theory]
    [InlineData("0001-01-01 9999-12-31 9999-12-31")]
    [InlineData("9999-12-31 0001-01-01 2024-03-01 2024-03-31")]
    [InlineData("2024-01-31 0001-01-01 2024-01-31 9999-12-20")]
    public void Times_at_the_ends_of_the_calendar_have_a_step(string times) => Assert.True(TimeStep.Infer([Times(times)]).IsKnown);

    [Fact]
    public void The_first_of_January_is_a_step_of_a_year() => Assert.Equal(
        new TimeStep(0, 12, 1, false), TimeStep.Infer([Times("2021-01-01 2022-01-01 2023-01-01 2024-01-01")]));

    [Theory]
    [InlineData("1.00:00:00", 5400)]
    [InlineData("00:01:00", 3)]
    [InlineData("00:15:00", 50)]
    [InlineData("7.00:00:00", 40_000)]
    public void Rows_that_come_earlier_and_later_have_the_step_that_is_meant(string length, int seconds)
    {
        TimeSpan step = TimeSpan.Parse(length, CultureInfo.InvariantCulture);
        Random random = new(3);
        long[] times = [.. Enumerable.Range(0, 200).Select(i =>
            (new DateTime(2024, 1, 1, 9, 0, 0) + (i * step) + TimeSpan.FromSeconds(random.Next(-seconds, seconds))).Ticks)];

        Assert.Equal(new TimeStep(step.Ticks, 0, 0, false), TimeStep.Infer([times]));
    }

    [Theory]
    [InlineData("1.01:00:00")]
    [InlineData("00:07:00")]
    [InlineData("00:00:00.0000003")]
    public void A_step_that_rows_keep_to_is_not_rounded(string length)
    {
        TimeSpan step = TimeSpan.Parse(length, CultureInfo.InvariantCulture);

        Assert.Equal(new TimeStep(step.Ticks, 0, 0, false), TimeStep.Infer(
            [[.. Enumerable.Range(0, 50).Where(i => i is not (7 or 8)).Select(i => (new DateTime(2024, 1, 1) + (i * step)).Ticks)]]));
    }

    [Theory]
    [InlineData("2024-01-01 2024-01-03 2024-01-05 2024-01-07 2024-01-08", 1, 0)]
    [InlineData("2023-01-01 2023-04-01 2023-07-01 2023-10-01 2024-01-01 2024-02-01 2024-03-01", 0, 1)]
    public void Where_rows_lie_between_steps_the_step_is_one_that_they_all_lie_on(string times, int days, int months)
    {
        TimeStep step = TimeStep.Infer([Times(times)]);

        Assert.Equal((days * TimeSpan.TicksPerDay, months), (step.Length, step.Months));
    }

    [Fact]
    public void An_odd_row_among_many_makes_no_other_step()
    {
        long[] times = [.. Enumerable.Range(0, 30).Select(i => new DateTime(2024, 1, 1).AddHours(i).Ticks)];
        times[20] += TimeSpan.TicksPerHour / 2;

        Assert.Equal(TimeSpan.TicksPerHour, TimeStep.Infer([times]).Length);
    }

    [Fact]
    public void Many_series_of_one_working_week_are_days()
    {
        long[] week = [.. Enumerable.Range(0, 5).Select(i => new DateTime(2024, 1, 1).AddDays(i).Ticks)];

        Assert.False(TimeStep.Infer([.. Enumerable.Repeat(week, 10)]).IsWeekday);
    }

    [Fact]
    public void Numbers_have_the_most_frequent_difference()
    {
        Assert.Equal(new TimeStep(5, 0, 0, false), TimeStep.Infer([[0, 5, 10, 20, 25], [3]], isDate: false));
        Assert.False(TimeStep.Infer([[7], []]).IsKnown);
    }

    [Fact]
    public void A_step_beyond_the_calendar_is_refused()
    {
        long first = Ticks("9999-11-30");

        Assert.Equal(Ticks("9999-12-31"), new TimeStep(0, 1, 31, false).TimeOf(first, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TimeStep(0, 1, 31, false).TimeOf(first, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TimeStep(long.MaxValue, 0, 0, false).TimeOf(first, 1));
    }

    [Fact]
    public void Usual_seasons_are_those_of_series_that_hold_them_and_of_those_that_show_no_others()
    {
        TimeStep minute = new(TimeSpan.TicksPerMinute, 0, 0, false), week = new(7 * TimeSpan.TicksPerDay, 0, 0, false);
        double[] hours = Wave(600, 60), months = Wave(40, 4), constant = new double[20];

        Assert.Equal([60], minute.SeasonsOf(hours));
        Assert.Equal([1440], minute.SeasonsOf(Wave(2880, 60)));
        Assert.Equal([4], week.SeasonsOf(months));
        Assert.Equal([52], week.SeasonsOf(Wave(104, 4)));
        Assert.Equal([12], new TimeStep(0, 1, 1, false).SeasonsOf(constant));
        Assert.Equal([24, 168], new TimeStep(TimeSpan.TicksPerHour, 0, 0, false).SeasonsOf(Wave(60, 6)));
        Assert.Equal([5], Weekdays.SeasonsOf(constant));
        Assert.Equal([60], default(TimeStep).SeasonsOf(hours));
        Assert.Empty(default(TimeStep).SeasonsOf(constant));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(60)]
    [InlineData(200)]
    public void Days_of_a_line_have_no_week(int count)
    {
        Random random = new(9);
        double[] line = [.. Enumerable.Range(0, count).Select(day => 100 + (5 * day) + random.NextDouble())];
        TimeStep day = new(TimeSpan.TicksPerDay, 0, 0, false);

        Assert.Empty(day.SeasonsOf(line));
        Assert.Empty(day.SeasonsOf([.. Enumerable.Range(0, count).Select(i => 0.1 * i)]));
        Assert.Equal([7], day.SeasonsOf([.. line.Select((value, i) => value + (i % 7 >= 5 ? 3 : 0))]));
        Assert.Equal([7], day.SeasonsOf(line.AsSpan(0, 20)));
    }

    [Fact]
    public void Noise_and_constants_do_not_show_that_they_have_no_week()
    {
        Random random = new(9);
        TimeStep day = new(TimeSpan.TicksPerDay, 0, 0, false);

        Assert.Equal([7], day.SeasonsOf([.. Enumerable.Range(0, 100).Select(_ => random.NextDouble())]));
        Assert.Equal([7], day.SeasonsOf(new double[100]));
        Assert.Equal([7], day.SeasonsOf([.. Enumerable.Repeat(double.NaN, 100)]));
    }

    private static double[] Wave(int count, int season)
    {
        Random random = new(5);
        return [.. Enumerable.Range(0, count).Select(i => (100 * Math.Sin(2 * Math.PI * i / season)) + random.NextDouble())];
    }

    private static long[] Times(string times) => [.. times.Split(' ').Select(Ticks)];

    private static long Ticks(string time) => DateTime.Parse(time, CultureInfo.InvariantCulture).Ticks;
}
