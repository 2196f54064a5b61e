namespace RetNet.Extensions.Fuzz;

/// <summary>Every input that a reader once failed on, and some seconds of new ones. The program of this project fuzzes for
/// longer.</summary>
public sealed class FuzzTests
{
    private const int Seed = 12;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Names => [.. ReaderList.All.Select(reader => reader.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_failed_once_is_read_or_refused(string name)
    {
        Reader reader = ReaderList.Find(name);
        string folder = Path.Combine(AppContext.BaseDirectory, "Corpus", name);
        if (!Directory.Exists(folder))
            return;
        foreach (string file in Directory.EnumerateFiles(folder).Order())
        {
            Verdict verdict = Watchdog.Judge(reader, File.ReadAllBytes(file));
            Assert.True(verdict.Outcome != Outcome.Failed, $"{file}: {verdict.Fault}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Changed_inputs_are_read_or_refused(string name)
    {
        FuzzRun run = new(ReaderList.Find(name), Seed);
        run.Run(Time / ReaderList.All.Count);
        Assert.Empty(run.Failures.Select(failure => failure.Fault));
        Assert.True(run.Accepted >= ReaderList.Find(name).Seeds.Count / 2, "Seeds are refused.");
    }
}
