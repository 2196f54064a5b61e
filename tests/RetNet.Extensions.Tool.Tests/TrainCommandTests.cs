using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Tool.Training;

namespace RetNet.Extensions.Tool.Tests;

public sealed class TrainCommandTests : IDisposable
{
    private static readonly string[] Tiny =
    [
        "--dim", "16", "--layers", "1", "--heads", "2", "--vocab", "300", "--context", "16",
        "--batch", "2", "--steps", "6", "--threads", "1",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-train-").FullName;
    private readonly string _data;

    public TrainCommandTests()
    {
        _data = Path.Combine(_folder, "data.txt");
        File.WriteAllText(
            _data, string.Concat(Enumerable.Range(0, 40).Select(i => $"Spot the dog saw ball number {i}.\nHe was glad.\n<|endoftext|>\n")));
    }

    private string Out => Path.Combine(_folder, "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("retnet", "retnet (fla)")]
    [InlineData("llama", "llama")]
    public async Task A_trained_model_is_one_for_the_other_commands(string architecture, string described)
    {
        JsonElement result = await ToolRun.RunForJson(["train", _data, "--out", Out, "--architecture", architecture, .. Tiny]);
        Assert.Equal(
            ["parameters", "steps", "tokens", "end", "loss", "validation_loss", "validation_perplexity", "seconds", "tokens_per_second"],
            result.EnumerateObject().Select(property => property.Name));
        Assert.Equal((6, "completed"), (result.GetProperty("steps").GetInt32(), result.GetProperty("end").GetString()));
        Assert.Equal(
            ["config.json", "generation_config.json", "loss.csv", "loss.svg",
             "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
            Directory.EnumerateFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        JsonElement info = await ToolRun.RunForJson("info", Out);
        Assert.Equal(described, info.GetProperty("architecture").GetString());
        Assert.Equal(result.GetProperty("parameters").GetInt64(), info.GetProperty("parameters").GetInt64());
        JsonElement answer = await ToolRun.RunForJson("generate", Out, "--prompt", "Spot", "--max-tokens", "3");
        Assert.InRange(answer.GetProperty("tokens").GetArrayLength(), 1, 3);
    }

    [Fact]
    public async Task Only_answers_are_learned_where_the_data_are_conversations()
    {
        File.WriteAllText(_data, string.Concat(Enumerable.Range(0, 20).Select(i =>
            $"<|endoftext|><|user|>\nWhat is {i}?<|end|>\n<|assistant|>\nA number.<|end|>\n\n<|endoftext|>\n")));
        string[] options = ["--dim", "16", "--layers", "1", "--heads", "2", "--context", "64", "--batch", "4", "--steps", "60", "--lr",
            "3e-2",
            "--threads", "1", "--tokenizer", TestFiles.Llama, "--answers-only"];

        JsonElement result = await ToolRun.RunForJson(["train", _data, "--out", Out, .. options]);

        // The questions' numbers cannot be guessed, the answer can.
        Assert.InRange(result.GetProperty("validation_loss").GetDouble(), 0, 0.1);
    }

    [Theory]
    [InlineData("<|end|>")]
    [InlineData("<|endoftext|>")]
    public void An_answer_ends_with_what_the_template_writes_behind_it_whatever_ends_a_text(string endOfText)
    {
        Tokenizer tokenizer = WithSettings(endOfText, template => template);

        AnswerTokens answers = AnswerPlaces.Find(tokenizer);

        Assert.Equal(tokenizer.Encode("<|assistant|>\n", addSpecialTokens: false), answers.Prompt);
        Assert.Equal(tokenizer.TokenId("<|end|>"), answers.End);
    }

    [Fact]
    public void A_template_without_an_end_of_answers_is_refused()
    {
        Tokenizer tokenizer = WithSettings("<|endoftext|>", _ => "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\\n' }}"
            + "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");

        Assert.Contains("writes no special token behind an answer",
            Assert.Throws<CommandException>(() => AnswerPlaces.Find(tokenizer)).Message, StringComparison.Ordinal);
    }

    private static Tokenizer WithSettings(string endOfText, Func<string, string> template)
    {
        ModelDocuments documents = ModelDocuments.ReadTokenizer(TestFiles.Llama);
        JsonNode settings = JsonNode.Parse(documents.TokenizerConfiguration.Span)!;
        settings["eos_token"] = endOfText;
        settings["chat_template"] = template(settings["chat_template"]!.GetValue<string>());
        return Tokenizer.Parse(documents with
        {
            TokenizerConfiguration = Encoding.UTF8.GetBytes(settings.ToJsonString()),
            GenerationConfiguration = default,
        }, "tokenizer");
    }

    [Fact]
    public async Task Data_without_an_answer_are_refused_and_the_command_can_be_repeated()
    {
        string tokenizer = Path.Combine(_folder, "tokenizer");
        Directory.CreateDirectory(Path.Combine(tokenizer, "additional_chat_templates"));
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(TestFiles.Llama, name), Path.Combine(tokenizer, name));
        File.WriteAllText(Path.Combine(tokenizer, "additional_chat_templates", "tool_use.jinja"), "tools");

        await AssertRefused("--answers-only: the training data has no answer in a window of 16 tokens (--context)",
            [_data, "--out", Out, .. Tiny[..6], .. Tiny[8..], "--tokenizer", tokenizer, "--answers-only"]);

        Assert.Empty(Directory.EnumerateFileSystemEntries(Out));
    }

    [Fact]
    public async Task Answers_need_a_chat_template()
    {
        ToolRun run = await ToolRun.Run(["train", _data, "--out", Out, "--answers-only", .. Tiny]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--answers-only: the tokenizer has no chat template", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Losses_are_a_table_and_a_picture()
    {
        JsonElement result = await ToolRun.RunForJson(["train", _data, "--out", Out, .. Tiny]);
        string[] lines = File.ReadAllLines(Path.Combine(Out, "loss.csv"));
        Assert.Equal("step,loss,validation_loss,learning_rate,gradient_norm", lines[0]);
        Assert.Equal(7, lines.Length);
        Assert.Equal(result.GetProperty("validation_loss").GetDouble(),
            double.Parse(lines[6].Split(',')[2], System.Globalization.CultureInfo.InvariantCulture));

        XElement svg = XDocument.Load(Path.Combine(Out, "loss.svg")).Root!;
        string[] texts = [.. svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];
        Assert.Contains(texts, text => text.StartsWith("training (last ", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("validation (last ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_is_trained_further_with_its_tokenizer()
    {
        string[] arguments = ["train", _data, "--from", TestFiles.RetNet, "--out", Out, "--context", "16", "--batch", "2", "--steps", "2",
            "--validation-percent", "0", "--carry-state"];
        JsonElement result = await ToolRun.RunForJson(arguments);
        Assert.Equal(4_328_640, result.GetProperty("parameters").GetInt64());
        Assert.InRange(result.GetProperty("loss").GetDouble(), 0.5, 6);
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
            Assert.Equal(File.ReadAllText(Path.Combine(TestFiles.RetNet, name)), File.ReadAllText(Path.Combine(Out, name)));
    }

    [Theory]
    [InlineData("retnet")]
    [InlineData("llama")]
    public async Task A_model_that_learns_from_longer_texts_has_their_length_as_its_context(string architecture)
    {
        string first = Out, longer = Path.Combine(_folder, "longer"), shorter = Path.Combine(_folder, "shorter");
        await ToolRun.RunForJson(["train", _data, "--out", first, "--architecture", architecture, .. Tiny]);
        int context = await Context(first);
        string[] further = ["train", _data, "--batch", "2", "--steps", "1", "--validation-percent", "0", "--threads", "1"];
        await ToolRun.RunForJson([.. further, "--from", first, "--out", longer, "--context", $"{2 * context}"]);
        Assert.Equal(2 * context, await Context(longer));
        await ToolRun.RunForJson([.. further, "--from", longer, "--out", shorter, "--context", $"{context}"]);
        Assert.Equal(2 * context, await Context(shorter));

        static async Task<int> Context(string model) =>
            (await ToolRun.RunForJson("info", model)).GetProperty("context_length").GetInt32();
    }

    [Fact]
    public async Task An_interrupted_training_leaves_a_checkpoint_that_is_resumed()
    {
        string[] arguments = ["train", _data, "--out", Out, "--checkpoint-every", "1",
            .. Tiny.Select(argument => argument == "6" ? "1000000" : argument)];
        string checkpoint = Path.Combine(Out, "training.checkpoint");
        ToolRun first = await Interrupt(arguments, () => File.Exists(checkpoint));
        Assert.Equal(130, first.ExitCode);
        Assert.Contains("continue with --resume and the same options", first.Error, StringComparison.Ordinal);

        long size = new FileInfo(checkpoint).Length;
        ToolRun second = await Interrupt([.. arguments, "--resume"], () => new FileInfo(checkpoint).Length > size);
        Assert.Equal(130, second.ExitCode);

        ToolRun other = await ToolRun.Run([.. arguments, "--resume", "--seed", "2"]);
        Assert.Contains("option 'Seed': found '1'; expected '2'", other.Error, StringComparison.Ordinal);
        ToolRun again = await ToolRun.Run(arguments);
        Assert.Contains("not empty; expected a new folder, or --resume", again.Error, StringComparison.Ordinal);

        ToolRun vocabulary = await ToolRun.Run([.. arguments.Select(argument => argument == "300" ? "290" : argument), "--resume"]);
        Assert.Contains("--vocab is '290', which gives another tokenizer than the one (of ", vocabulary.Error, StringComparison.Ordinal);
        ToolRun tokenizer = await ToolRun.Run(["train", _data, "--out", Out, "--tokenizer", TestFiles.RetNet, "--resume"]);
        Assert.Contains($"--tokenizer is '{TestFiles.RetNet}', which gives another tokenizer", tokenizer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interruption_before_there_is_anything_to_save_is_not_waited_for()
    {
        if (OperatingSystem.IsWindows())
            return;

        // Opening a pipe without a writer blocks for ever.
        string pipe = Path.Combine(_folder, "pipe");
        using (Process make = Process.Start("mkfifo", [pipe]))
            await make.WaitForExitAsync();
        Task<ToolRun> run = Interrupt(["train", pipe, "--out", Out], () => true);
        bool hasEnded = await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(20))) == run;
        await using (FileStream writer = new(pipe, FileMode.Open, FileAccess.ReadWrite))
            Assert.True(hasEnded);
        Assert.Equal(130, (await run).ExitCode);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model-00001-of-00002.safetensors")]
    public async Task A_model_of_another_origin_is_not_resumed(string file)
    {
        Directory.CreateDirectory(Out);
        File.Copy(Path.Combine(TestFiles.RetNet, "tokenizer.json"), Path.Combine(Out, "tokenizer.json"));
        File.WriteAllText(Path.Combine(Out, file), "mine");
        await AssertRefused("has no interrupted training", _data, "--out", Out, "--resume");
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Out, file)));
    }

    [Theory]
    [InlineData("--lr", "-1")]
    [InlineData("--min-lr", "-1")]
    [InlineData("--epochs", "0")]
    [InlineData("--minutes", "0")]
    [InlineData("--dropout", "2")]
    [InlineData("--dropout", "0.999999999999")]
    [InlineData("--clip", "-1")]
    [InlineData("--weight-decay", "-1")]
    [InlineData("--validation-percent", "70")]
    public async Task Numbers_out_of_range_are_refused_before_anything_is_read(string option, string value)
    {
        await AssertRefused($"{option} is '{value}'; expected a number", "/none.txt", "--out", Out, option, value);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task What_the_trainer_refuses_is_named_as_on_the_command_line_and_leaves_nothing()
    {
        string[] large = ["--dim", "16", "--layers", "1", "--heads", "2", "--vocab", "300", "--carry-state", "--batch", "1000000"];
        await AssertRefused("--batch is 1000000; expected at most", [_data, "--out", Out, .. large]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Out));
        File.WriteAllText(_data, "short");
        await AssertRefused("--keep-best is True; expected False without validation data",
            [_data, "--out", Out, .. Tiny, "--keep-best"]);
        await ToolRun.RunForJson(["train", _data, "--out", Out, .. Tiny]);
    }

    [Fact]
    public async Task Warm_up_is_at_most_a_tenth_of_the_steps_also_where_they_follow_from_the_data()
    {
        await ToolRun.RunForJson(["train", _data, "--out", Out, .. Tiny[..^4], "--epochs", "1", "--threads", "1"]);
        string[] lines = File.ReadAllLines(Path.Combine(Out, "loss.csv"));
        Assert.InRange(lines.Length, 12, 100);
        double[] rates = [.. lines[1..].Select(line => double.Parse(line.Split(',')[3],
            System.Globalization.CultureInfo.InvariantCulture))];
        Assert.InRange(Array.IndexOf(rates, rates.Max()), 0, rates.Length / 10);
    }

    [Theory]
    [InlineData("--warmup", "7", "--warmup is 7; expected at most the number of steps, 6")]
    [InlineData("--evaluate-every", "2", "--evaluate-every is 2; expected 0 without validation data")]
    public async Task Options_without_an_effect_are_refused(string option, string value, string message)
    {
        string[] validation = option == "--evaluate-every" ? ["--validation-percent", "0"] : [];
        await AssertRefused(message, [_data, "--out", Out, .. Tiny, .. validation, option, value]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Out));
    }

    [Fact]
    public void A_step_that_learned_nothing_leaves_a_gap_in_the_losses()
    {
        TrainingPoint nothing = new(1, double.NaN, null, 0.5, 0), second = new(2, 3, 4, 0.25, 1);

        Assert.Equal("step,loss,validation_loss,learning_rate,gradient_norm\n1,,,0.5,0\n2,3,4,0.25,1\n",
            Encoding.UTF8.GetString(LossCurve.ToCsv([nothing, second])));
        Assert.Contains("training (last 3.000)", Encoding.UTF8.GetString(LossCurve.ToSvg([nothing, second], "loss")),
            StringComparison.Ordinal);
        Assert.DoesNotContain("training (last", Encoding.UTF8.GetString(LossCurve.ToSvg([nothing], "loss")), StringComparison.Ordinal);
    }

    [Fact]
    public void Times_of_more_than_a_day_are_in_hours()
        => Assert.Equal(
            ("49:01:02", "1:02"), (TrainingReporter.Time(new TimeSpan(49, 1, 2)), TrainingReporter.Time(new TimeSpan(0, 1, 2))));

    [Fact]
    public async Task A_finished_training_has_nothing_to_resume()
    {
        await ToolRun.RunForJson(["train", _data, "--out", Out, .. Tiny]);
        byte[] trained = File.ReadAllBytes(Path.Combine(Out, "model.safetensors"));
        ToolRun run = await ToolRun.Run(["train", _data, "--out", Out, .. Tiny, "--resume"]);
        Assert.Equal((0, $"The training in '{Out}' has finished; nothing is left to resume.\n", ""), (run.ExitCode, run.Output, run.Error));
        JsonElement json = await ToolRun.RunForJson(["train", _data, "--out", Out, .. Tiny, "--resume"]);
        Assert.Equal("already_completed", json.GetProperty("end").GetString());
        Assert.Equal(trained, File.ReadAllBytes(Path.Combine(Out, "model.safetensors")));
    }

    [Fact]
    public async Task Files_and_folders_without_text_are_refused()
    {
        string Write(string name, byte[] bytes)
        {
            File.WriteAllBytes(Path.Combine(_folder, name), bytes);
            return Path.Combine(_folder, name);
        }

        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        await AssertRefused("DATA is '/none.txt'; expected a file or a folder of text", "/none.txt", "--out", Out);
        await AssertRefused("empty contains no text", Path.Combine(_folder, "empty"), "--out", Out);
        await AssertRefused("empty.txt contains no text", Write("empty.txt", []), "--out", Out);
        await AssertRefused("zero.bin holds a zero byte", Write("zero.bin", [65, 0, 65]), "--out", Out);
        await AssertRefused("latin.txt is not UTF-8 text", Write("latin.txt", [0xE9, 65]), "--out", Out);
    }

    [Fact]
    public async Task Options_that_contradict_each_other_are_refused()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        await AssertRefused("a file; expected a folder", _data, "--out", Path.Combine(_folder, "file"));
        await AssertRefused("--out is empty", _data, "--out", "");
        await AssertRefused("which is not empty", _data, "--out", _folder);
        await AssertRefused("has no interrupted training", _data, "--out", _folder, "--resume");
        await AssertRefused("--from is '/no/such/model', which does not exist; expected a model folder", _data, "--out", Out, "--from",
            "/no/such/model");
        await AssertRefused("--tokenizer is '", _data, "--out", Out, "--tokenizer", Path.GetDirectoryName(_data)!);
        await AssertRefused("--dim applies to a new model", _data, "--out", Out, "--from", TestFiles.RetNet, "--dim", "16");
        await AssertRefused("--vocab applies only to a tokenizer", _data, "--out", Out, "--from", TestFiles.RetNet, "--vocab", "400");
        await AssertRefused("--vocab is '100'", _data, "--out", Out, "--vocab", "100");
        await AssertRefused("--dim is 30; expected a multiple of 8", _data, "--out", Out, "--dim", "30", "--heads", "4");
        await AssertRefused("--steps and --epochs", _data, "--out", Path.Combine(_folder, "b"), "--steps", "1", "--epochs", "1");
        await AssertRefused("--min-lr is 0.01; expected at most --lr, 0.001", "/none.txt", "--out", Out, "--min-lr", "0.01");
        await AssertRefused("--validation and --validation-percent", "/none.txt", "--out", Out, "--validation", _data,
            "--validation-percent", "5");
        await AssertRefused("--precision bfloat16 needs a --device", "/none.txt", "--out", Out, "--precision", "bfloat16");
        foreach (string option in (string[])
            ["--format bf16", "--policy tova", "--state 16", "--sinks 4", "--state-format bf16", "--adapter x"])
        {
            string[] words = option.Split(' ');
            await AssertRefused($"'{words[0]}' is not understood. See 'retnet train --help'", ["/none.txt", "--out", Out, .. words]);
        }

        await AssertRefused("--keep-best needs a validation text", "/none.txt", "--out", Out, "--keep-best",
            "--validation-percent", "0");
        await AssertRefused("--validation is '/none.txt'", [_data, "--out", Out, .. Tiny, "--validation", "/none.txt"]);
    }

    [Fact]
    public void Documents_end_at_separators_on_lines_of_their_own()
    {
        string file = Path.Combine(_folder, "documents.txt");
        File.WriteAllText(file, "one\r\nline\r\n---\r\n\n---\n --- \ntwo\n---");
        Assert.Equal(["one\r\nline\r\n", " --- \ntwo\n"], TrainingText.Read([file], "---"));
        Assert.Single(TrainingText.Read([file], ""));

        Directory.CreateDirectory(Path.Combine(_folder, "texts", "inner"));
        File.WriteAllText(Path.Combine(_folder, "texts", "b.txt"), "b");
        File.WriteAllText(Path.Combine(_folder, "texts", "a.txt"), "a");
        File.WriteAllText(Path.Combine(_folder, "texts", ".hidden"), "h");
        File.WriteAllText(Path.Combine(_folder, "texts", "inner", "c.txt"), "c");
        File.WriteAllText(Path.Combine(_folder, "texts", "inner", "empty.txt"), "");
        Directory.CreateDirectory(Path.Combine(_folder, "texts", ".git"));
        File.WriteAllBytes(Path.Combine(_folder, "texts", ".git", "index"), [0]);
        Assert.Equal(["a", "b", "c"], TrainingText.Read([Path.Combine(_folder, "texts")], "---"));
    }

    private static async Task AssertRefused(string message, params string[] arguments)
    {
        ToolRun run = await ToolRun.Run(["train", .. arguments]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs a command until a condition holds, then interrupts it.</summary>
    private static async Task<ToolRun> Interrupt(string[] arguments, Func<bool> condition)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        using ToolConsole console = new(output, error, TextReader.Null);
        using CancellationTokenSource cancellation = new();
        Task<int> run = RetNetCommand.RunAsync(arguments, console, cancellation.Token);
        while (!run.IsCompleted && !condition())
            await Task.Delay(5);
        await cancellation.CancelAsync();
        return new ToolRun(await run, "", error.ToString());
    }
}
