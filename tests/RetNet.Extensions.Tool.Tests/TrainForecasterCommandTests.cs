using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.Tool.Tests;

public sealed class TrainForecasterCommandTests : IDisposable
{
    private static readonly string[] Tiny = ["--dim", "16", "--layers", "1", "--heads", "2", "--batch", "2", "--threads", "1"];

    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-train-").FullName;

    private string Out => Path.Combine(_folder, "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("retnet")]
    [InlineData("llama")]
    public async Task A_trained_model_forecasts(string architecture)
    {
        JsonElement result = await Train("--steps", "6", "--architecture", architecture);

        Assert.Equal(
            ["parameters", "steps", "tokens", "end", "loss", "validation_loss", "seconds", "tokens_per_second"],
            result.EnumerateObject().Select(property => property.Name));
        Assert.Equal((6, "completed"), (result.GetProperty("steps").GetInt32(), result.GetProperty("end").GetString()));
        Assert.Equal(
            ["config.json", "loss.csv", "loss.svg", "model.safetensors", "stages"],
            Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        JsonElement forecast = await ToolRun.RunForJson("forecast", TestFiles.Write("v\n1\n3\n2\n"), "--horizon", "4", "--model", Out);
        Assert.Equal(4, forecast.GetProperty("series")[0].GetProperty("forecast").GetArrayLength());

        Assert.Equal(7, File.ReadAllLines(Path.Combine(Out, "loss.csv")).Length);
        XDocument svg = XDocument.Load(Path.Combine(Out, "loss.svg"));
        Assert.Contains("mean quantile loss", svg.Descendants().Select(element => element.Value));
    }

    [Fact]
    public async Task Stages_are_models_that_are_kept_with_their_accuracy()
    {
        string series = TestFiles.Write("A\tX\t1\t2\t1,2,3,5\t4,6\nB\tY\t4\t1\t1,2,3,2,1,3\t2\n");
        JsonElement result = await Train("--steps", "6", "--stage-every", "3", "--validation", series);

        string[] stages = [.. Directory.EnumerateDirectories(Path.Combine(Out, "stages")).Order(StringComparer.Ordinal)];
        Assert.Equal(["0000003", "0000006"], stages.Select(Path.GetFileName));
        Assert.NotEqual(Fingerprint(stages[0]), Fingerprint(stages[1]));
        Assert.Equal(Fingerprint(Out), Fingerprint(stages[1]));
        JsonElement accuracy = JsonDocument.Parse(File.ReadAllText(Path.Combine(stages[1], "accuracy.json"))).RootElement;
        Assert.Equal(["X", "Y", "all"], accuracy.EnumerateObject().Select(period => period.Name));
        Assert.Equal(accuracy.GetRawText(), result.GetProperty("accuracy").GetRawText());
        JsonElement again = await ToolRun.RunForJson("forecast-eval", series, "--model", Out);
        Assert.Equal(
            accuracy.GetProperty("all").GetProperty("mase").GetDouble(), again.GetProperty("all").GetProperty("mase").GetDouble());
    }

    [Fact]
    public async Task Stages_are_measured_with_the_policy_that_bounds_a_Llama()
    {
        string series = TestFiles.Write($"A\tX\t7\t5\t{string.Join(',', Enumerable.Range(0, 400).Select(i => i % 7 * i % 11))}\t4,6,1,2,3");
        string[] bounded = ["--policy", "window", "--state", "2"];
        JsonElement accuracy = (await Train(["--steps", "3", "--architecture", "llama", "--validation", series, "--stage-every", "3",
            .. bounded])).GetProperty("accuracy");
        JsonElement again = await ToolRun.RunForJson(["forecast-eval", series, "--model", Out, "--threads", "1", .. bounded]);
        JsonElement full = await ToolRun.RunForJson("forecast-eval", series, "--model", Out, "--threads", "1");

        Assert.Equal(Mase(again), Mase(accuracy));
        Assert.NotEqual(Mase(full), Mase(accuracy));

        static double Mase(JsonElement measures) => measures.GetProperty("all").GetProperty("mase").GetDouble();
    }

    [Fact]
    public async Task A_policy_that_a_RetNet_does_not_have_is_warned_of_once()
    {
        string series = TestFiles.Write("A\tX\t1\t2\t1,2,3,5\t4,6\n");
        ToolRun run = await ToolRun.Run(["train-forecaster", Out, "--steps", "3", "--stage-every", "1", "--validation", series, "--policy",
            "tova", "--json", .. Tiny]);

        Assert.Equal((0, "retnet: warning: a RetNet's state has a fixed size; --policy has no effect."),
            (run.ExitCode, run.Error.TrimEnd()));
    }

    [Fact]
    public async Task A_model_is_trained_further()
    {
        await Train("--steps", "2");
        string other = Path.Combine(_folder, "other");
        JsonElement result = await ToolRun.RunForJson("train-forecaster", other, "--from", Out, "--steps", "1", "--batch", "2");

        Assert.Equal(1, result.GetProperty("steps").GetInt32());
        Assert.NotEqual(Fingerprint(Out), Fingerprint(other));
    }

    [Fact]
    public async Task A_terminated_training_leaves_a_checkpoint_and_is_resumed_to_the_same_weights()
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] options = ["--steps", "400", "--evaluate-every", "1000", .. Tiny];
        await ToolRun.RunForJson(["train-forecaster", Out, .. options]);
        string other = Path.Combine(_folder, "other");
        using (Process process = Process.Start(ToolProcess.StartInfo(["train-forecaster", other, "--stage-every", "1", .. options]))!)
        {
            while (!Directory.Exists(Path.Combine(other, "stages", "0000003")) && !process.HasExited)
                await Task.Delay(5);
            using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await kill.WaitForExitAsync();
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(130, process.ExitCode);
            Assert.Contains("continue with --resume and the same options", error, StringComparison.Ordinal);
        }

        Assert.True(File.Exists(Path.Combine(other, "training.checkpoint")));
        Assert.False(File.Exists(Path.Combine(other, "config.json")));
        JsonElement result = await ToolRun.RunForJson(["train-forecaster", other, "--resume", .. options]);
        Assert.Equal((400, "completed"), (result.GetProperty("steps").GetInt32(), result.GetProperty("end").GetString()));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(Out, "model.safetensors")), File.ReadAllBytes(Path.Combine(other, "model.safetensors")));
        Assert.False(File.Exists(Path.Combine(other, "training.checkpoint")));

        JsonElement finished = await ToolRun.RunForJson(["train-forecaster", other, "--resume", .. options]);
        Assert.Equal("already_completed", finished.GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("", "--steps is missing; expected the number of weight updates")]
    [InlineData("--steps 0", "--steps is '0'; expected an integer of at least 1")]
    [InlineData("--steps 1 --heads 3", "--dim is 128; expected a multiple of 6, an even width for each of 3 heads")]
    [InlineData("--steps 1 --from x --dim 8", "--dim applies to a new model only; --from names an existing one")]
    [InlineData("--steps 1 --from /no/such/model", "/no/such/model")]
    [InlineData("--steps 1 --from MODEL", "'forecasting'")]
    [InlineData("--steps 1 --validation /no/such/file", "'/no/such/file' does not exist")]
    [InlineData("--steps 1 --context 8", "'--context' is not understood. See 'retnet train-forecaster --help'")]
    [InlineData("--steps 1 --policy tova", "--policy is for inference; with --validation it says how the stages are measured")]
    [InlineData("--steps 1 --format int8", "--format is for inference")]
    [InlineData("--steps 1 --adapter x", "'--adapter' is not understood")]
    [InlineData("--steps 1 --state-format int8 --validation SERIES", "Int8")]
    [InlineData("--steps 1 --stage-every 0", "--stage-every is '0'; expected an integer of at least 1")]
    public async Task Mistakes_are_refused_and_leave_nothing(string options, string message)
    {
        string[] words = [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word =>
            word == "MODEL" ? TestFiles.RetNet : word == "SERIES" ? TestFiles.Write("A\tX\t1\t1\t1,2\t3") : word)];
        ToolRun run = await ToolRun.Run(["train-forecaster", Out, .. words]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(Out));
    }

    [Fact]
    public async Task A_folder_of_another_origin_is_not_written_to()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "notes.txt"), "mine");
        ToolRun fresh = await ToolRun.Run(["train-forecaster", Out, "--steps", "1"]);
        ToolRun resumed = await ToolRun.Run(["train-forecaster", Out, "--steps", "1", "--resume"]);

        Assert.Contains($"OUT is '{Out}', which is not empty; expected a new folder, or --resume", fresh.Error, StringComparison.Ordinal);
        Assert.Contains($"'{Out}' has no interrupted training", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    private static string Fingerprint(string folder)
    {
        using Forecaster forecaster = Forecaster.Load(folder);
        return forecaster.Fingerprint;
    }

    private Task<JsonElement> Train(params string[] options) => ToolRun.RunForJson(["train-forecaster", Out, .. options, .. Tiny]);
}
