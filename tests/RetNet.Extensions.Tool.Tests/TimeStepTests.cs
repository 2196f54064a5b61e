using RetNet.Extensions.Tool.Forecasting.Tables;

namespace RetNet.Extensions.Tool.Tests;

public sealed class TimeStepTests
{
    [Fact]
    public void Working_days_lead_back_as_they_lead_ahead()
    {
        DateTime[] days = [.. Enumerable.Range(0, 42).Select(day => new DateTime(2024, 1, 1).AddDays(day))
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))];
        TimeStep step = TimeStep.Infer([days]);

        Assert.True(step.IsWeekday);
        for (int from = 0; from < days.Length; from++)
        {
            for (int to = 0; to < days.Length; to++)
                Assert.Equal(days[to], step.Add(days[from], to - from));
        }
    }
}
