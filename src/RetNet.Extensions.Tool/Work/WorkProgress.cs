using System.Diagnostics;
using Spectre.Console;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Shows how many texts are done: a bar on a terminal, otherwise a line from time to time. Thread-safe.</summary>
internal sealed class WorkProgress : IProgress<long>
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly string _description;
    private readonly long _total;
    private readonly TextWriter? _lines;
    private readonly ProgressTask? _bar;
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private long _done;

    private WorkProgress(string description, long total, TextWriter? lines, ProgressTask? bar) =>
        (_description, _total, _lines, _bar) = (description, total, lines, bar);

    /// <summary>Works, and shows the progress unless the command writes JSON.</summary>
    /// <param name="context">The command.</param>
    /// <param name="description">What is done.</param>
    /// <param name="total">The number of texts.</param>
    /// <param name="work">Works, and tells how many texts are done.</param>
    public static Task<T> RunAsync<T>(CommandContext context, string description, long total, Func<IProgress<long>, Task<T>> work)
    {
        if (context.Json || !context.Console.ErrorIsTerminal)
            return work(new WorkProgress(description, total, context.Json ? null : context.Console.Error, bar: null));
        return context.Console.FormattedError().Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(progress => work(
                new WorkProgress(description, total, lines: null, progress.AddTask(Markup.Escape(description), maxValue: total))));
    }

    public void Report(long value)
    {
        lock (_gate)
        {
            if (value <= _done)
                return;
            _done = value;
            if (_bar is not null)
            {
                _bar.Value = value;
                _bar.Description = Markup.Escape(Line);
            }
            else if (_lines is not null && (value == _total || _sinceLine.Elapsed >= LineInterval))
            {
                _lines.WriteLine(Line);
                _sinceLine.Restart();
            }
        }
    }

    private string Line => $"{_description}: {_done:N0} of {_total:N0} texts";
}
