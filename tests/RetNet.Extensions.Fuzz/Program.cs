using System.CommandLine;

namespace RetNet.Extensions.Fuzz;

/// <summary>Fuzzes the readers for some minutes and prints a table of what became of the inputs. Inputs that failed are kept in a
/// folder.</summary>
internal static class Program
{
    private const int HangExitCode = 3;
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private static int Main(string[] arguments)
    {
        Option<double> minutes = new("--minutes") { Description = "How long each reader is fuzzed.", DefaultValueFactory = _ => 1 };
        Option<string[]> readers = new("--reader") { Description = "A reader; all of them if none is named." };
        Option<int> seed = new("--seed") { Description = "Where the changes begin.", DefaultValueFactory = _ => Random.Shared.Next() };
        Option<DirectoryInfo> failures = new("--failures")
        {
            Description = "The folder for inputs that failed.",
            DefaultValueFactory = _ => new DirectoryInfo("fuzz-failures")
        };
        Option<FileInfo[]> inputs = new("--input") { Description = "An input that is judged instead, once." };
        RootCommand command = new("Fuzzes every reader of foreign bytes.") { minutes, readers, seed, failures, inputs };
        command.SetAction(result => result.GetValue(inputs) is { Length: > 0 } files
            ? Judge(Chosen(result.GetValue(readers)), files)
            : Fuzz(TimeSpan.FromMinutes(result.GetValue(minutes)), Chosen(result.GetValue(readers)), result.GetValue(seed),
                result.GetValue(failures)!));
        return command.Parse(arguments).Invoke();
    }

    private static Reader[] Chosen(string[]? names) =>
        [.. ReaderList.All.Where(reader => names is not { Length: > 0 } || names.Contains(reader.Name))];

    private static int Judge(Reader[] readers, FileInfo[] files)
    {
        foreach (FileInfo file in files)
        {
            foreach (Reader reader in readers)
                Console.WriteLine($"{file}: {reader.Name}: {Watchdog.Judge(reader, File.ReadAllBytes(file.FullName))}");
        }

        return 0;
    }

    private static int Fuzz(TimeSpan time, Reader[] chosen, int seed, DirectoryInfo failures)
    {
        Console.WriteLine($"{"reader",-14} {"inputs",9} {"accepted",9} {"refused",9} {"failed",7}   seed {seed}");
        int failed = 0;
        foreach (Reader reader in chosen)
        {
            FuzzRun run = new(reader, seed);
            using (new Timer(_ => EndIfHanging(reader, run, failures), null, Hang, Hang))
                run.Run(time);
            long all = run.Inputs - run.Accepted - run.Refused;
            Console.WriteLine($"{reader.Name,-14} {run.Inputs,9} {run.Accepted,9} {run.Refused,9} {all,7}");
            foreach ((byte[] input, string fault) in run.Failures)
                Console.WriteLine($"    {Keep(failures, reader, input)}: {fault}");
            failed += run.Failures.Count;
        }

        return failed == 0 ? 0 : 1;
    }

    private static void EndIfHanging(Reader reader, FuzzRun run, DirectoryInfo failures)
    {
        if (run.Current is not { } input)
            return;
        Thread.Sleep(Hang);
        if (!ReferenceEquals(run.Current, input))
            return;
        Console.WriteLine($"{reader.Name} hangs: {Keep(failures, reader, input)}");
        Environment.Exit(HangExitCode);
    }

    private static string Keep(DirectoryInfo failures, Reader reader, byte[] input)
    {
        string folder = failures.CreateSubdirectory(reader.Name).FullName;
        string path = Path.Combine(folder, FuzzRun.FileName(input));
        File.WriteAllBytes(path, input);
        return path;
    }
}
