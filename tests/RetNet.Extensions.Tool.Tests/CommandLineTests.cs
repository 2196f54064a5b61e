using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.Tool.Tests;

public sealed class CommandLineTests
{
    private const string Model = "MODEL";

    public static TheoryData<string, string> Mistakes => new()
    {
        { "", "Required command was not provided" },
        { "dance MODEL", "'dance' is not understood" },
        { "info", "MODEL is missing" },
        { "info --devices MODEL", "expected no MODEL" },
        { "info MODEL extra", "'extra' is not understood" },
        { "info /no/such/model", "/no/such/model" },
        { "info MODEL --threads many", "--threads is 'many'; expected an integer from 0 to 1024" },
        { "info MODEL --format f64", "--format is 'f64'; expected f32, bf16, int8, int4 or f16" },
        { "info MODEL --format f16", "--format is f16, which device cpu does not have; expected f32, bf16, int8 or int4" },
        { "info MODEL --device cuda:77", "Device cuda:77 " },
        { "info MODEL --device tpu", "--device is 'tpu'; expected auto, cpu, cuda, cuda:N, mps or torch" },
        { "info MODEL --device torch:1", "--device is 'torch:1'; expected auto" },
        { "info MODEL --policy tova --state 1.5", "--state is '1.5'" },
        { "info MODEL --policy tova --state 0", "--state is '0'" },
        { "info MODEL --state 8", "--state needs a bounded policy" },
        { "info MODEL --policy window --state 8 --sinks 2", "--sinks needs --policy sinks" },
        { "logits MODEL", "'--tokens'" },
        { "logits MODEL --tokens 1 2", "'2' is not understood" },
        { "logits MODEL --tokens 1 --tokens 2", "--tokens" },
        { "logits MODEL --tokens 1,,2", "--tokens is '1,,2'" },
        { "logits MODEL --tokens 1,4096", "4096" },
        { "logits MODEL --tokens 1,-1", "-1" },
        { "logits MODEL --tokens 1,2 --prefill 3", "--prefill is 3, but there are 2 tokens" },
        { "logits MODEL --tokens 1,2 --prefill 0", "--prefill is '0'" },
        { "logits MODEL --tokens 1,2 --form recurrent", "--form needs a model with retention" },
        { "tokenize MODEL", "--text T or --file F" },
        { "tokenize MODEL --text a --file b", "--text T or --file F" },
        { "tokenize MODEL --file /no/such/file", "'/no/such/file' does not exist; expected a UTF-8 text file" },
        { "tokenize MODEL --file MODEL", "is a folder; expected a UTF-8 text file" },
        { "tokenize /no/such/model --text a", "/no/such/model: found no file" },
        { "generate MODEL", "'--prompt'" },
        { "generate MODEL --prompt x --temperature -1", "--temperature is '-1'; expected a number of at least 0" },
        { "generate MODEL --prompt x --temperature NaN", "--temperature is 'NaN'" },
        { "generate MODEL --prompt x --top-p 2", "--top-p is '2'; expected a number from 0 to 1" },
        { "generate MODEL --prompt x --prompt-lookup 16", "--prompt-lookup is '16'; expected an integer from 0 to 15" },
        { "generate MODEL --prompt x --min-p -1", "--min-p is '-1'; expected a number from 0 to 1" },
        { "generate MODEL --prompt x --repetition-penalty 0", "--repetition-penalty is '0'; expected a number above 0" },
        { "generate MODEL --prompt x --max-tokens 0", "--max-tokens is '0'" },
        { "perplexity MODEL", "'--text-file'" },
        { "perplexity MODEL --text-file /no/such/file", "/no/such/file" },
        { "perplexity MODEL --text-file x --context 1", "--context is '1'" },
        { "bench MODEL --batch 0", "--batch is '0'" },
        { "forecast", "See 'retnet forecast --help'" },
        { "forecast data.csv", "'--horizon'" },
        { "forecast data.csv --horizon 0", "--horizon is '0'; expected an integer from 1 to 1000" },
        { "forecast data.csv --horizon 1001", "--horizon is '1001'; expected an integer from 1 to 1000" },
        { "forecast /no/such/file --horizon 1", "'/no/such/file' does not exist; expected a UTF-8 text file" },
        { "forecast MODEL --horizon 1", "is a folder; expected a UTF-8 text file" },
        { "forecast-eval", "See 'retnet forecast-eval --help'" },
        { "forecast-eval /no/such/file", "'/no/such/file' does not exist; expected a UTF-8 text file" },
        { "forecast-data", "See 'retnet forecast-data --help'" },
        { "forecast-data out.tsv --series 0", "--series is '0'; expected an integer from 1 to 10000000" },
        { "forecast-data out.tsv --length 7", "--length is '7'; expected a length such as 200, or a range" },
        { "forecast-data out.tsv --length 90-80", "--length is '90-80'" },
        { "forecast-data out.tsv --length 8-", "--length is '8-'" },
        { "forecast-data out.tsv --length 20-40 --horizon 11", "--horizon is 11; expected at most 10, half of the shortest series" },
        { "forecast-data MODEL", "is a folder; expected a file to write" },
        { "forecast-data /no/such/folder/out.tsv", "The folder of '/no/such/folder/out.tsv' does not exist" },
        { "tokenize MODEL --text a --policy tova", "'--policy' is not understood. See 'retnet tokenize --help'" },
        { "tokenize MODEL --text a --device cuda", "'--device' is not understood" },
        { "forecast-data out.tsv --threads 2", "'--threads' is not understood" },
        { "work collect out.txt --format int8", "'--format' is not understood" },
        { "forecast MODEL --horizon 1 --adapter a", "'--adapter' is not understood" },
        { "train book.txt --foot 3 --out out", "'--foot' is not understood. See 'retnet train --help'" },
        { "torch", "Required command was not provided. See 'retnet torch --help'" },
        { "torch prepare", "See 'retnet torch prepare --help'" },
        { "torch prepare no-such-folder --libtorch /no/such/libtorch", "Neither '/no/such/libtorch' nor its folder lib has " },
        { "torch prepare no-such-folder --package-cache /no/such/cache", "'/no/such/cache' has no package libtorch-cpu-" },
        { "torch prepare no-such-folder --libtorch a --package-cache b", "--libtorch and --package-cache are both given" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_one_clear_line_and_exit_code_1(string commandLine, string expected)
    {
        string[] arguments = [.. commandLine.Split(
            ' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word == Model ? TestFiles.Llama : word)];
        ToolRun run = await ToolRun.Run([.. arguments, "--json"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("retnet: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\r', '\n').Split('\n'));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_stop_string_is_refused()
    {
        ToolRun run = await ToolRun.Run("generate", TestFiles.Llama, "--prompt", "x", "--stop", "");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("retnet: --stop is ''; expected a text of at least one character.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", "config.json: found no file; expected the configuration of a model, beside its weights")]
    [InlineData("config.json", "{ \"model_type\": ", "config.json: found text that is not valid JSON")]
    [InlineData("tokenizer.json", "[]", "tokenizer.json: found an array, expected an object")]
    [InlineData("tokenizer_config.json", "nonsense", "tokenizer_config.json: found broken JSON")]
    [InlineData("generation_config.json", "{ \"eos_token_id\": \"x\" }", "generation_config.json, option 'eos_token_id': found '\"x\"'")]
    [InlineData("model.safetensors", "cut", "model.safetensors: found a file of 3 bytes")]
    public async Task A_damaged_model_is_one_clear_line(string file, string content, string expected)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("retnet-damaged-");
        try
        {
            foreach (string whole in file.Length == 0 ? [] : Directory.EnumerateFiles(TestFiles.Llama))
                File.Copy(whole, Path.Combine(folder.FullName, Path.GetFileName(whole)));
            if (file.Length > 0)
                File.WriteAllText(Path.Combine(folder.FullName, file), content);

            ToolRun run = await ToolRun.Run("info", folder.FullName);

            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.TrimEnd('\r', '\n').Split('\n'));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Stack_trace_is_shown_on_request()
    {
        ToolRun run = await ToolRun.Run("info", "/no/such/model", "--verbose");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("logits --help")]
    [InlineData("torch prepare --help")]
    [InlineData("--version")]
    public async Task Help_and_version_succeed(string commandLine)
    {
        ToolRun run = await ToolRun.Run(commandLine.Split(' '));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.NotEmpty(run.Output);
    }

    [Fact]
    public async Task Values_are_taken_literally()
    {
        JsonElement result = await ToolRun.RunForJson("tokenize", TestFiles.RetNet, "--text", "@response-file");
        Assert.Equal("@response-file", result.GetProperty("decoded").GetString());
    }

    [Fact]
    public async Task A_policy_for_a_RetNet_is_a_warning()
    {
        ToolRun run = await ToolRun.Run("info", TestFiles.RetNet, "--policy", "tova", "--state", "8", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("retnet: warning: ", run.Error, StringComparison.Ordinal);
        Assert.Equal("retnet (fla)", run.Json.GetProperty("architecture").GetString());
    }

    [Theory]
    [InlineData("generate", "--prompt", "Once upon a time", "--max-tokens", "8")]
    [InlineData("chat", "--max-tokens", "8")]
    public async Task A_text_past_the_context_of_a_full_cache_is_warned_of_once(string command, params string[] options)
    {
        using ModelCopy model = new(TestFiles.Llama);
        string file = Path.Combine(model.Path, "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("2048", "8", StringComparison.Ordinal));
        string[] arguments = [command, model.Path, "--temperature", "0", .. options];

        ToolRun full = await ToolRun.RunWithInput("Once upon a time\nThere was a dog\n", arguments);
        ToolRun bounded = await ToolRun.RunWithInput("Once upon a time\nThere was a dog\n", [.. arguments, "--policy", "tova"]);

        Assert.Equal((0, 0), (full.ExitCode, bounded.ExitCode));
        Assert.Single(Regex.Matches(full.Error, "warning: the text has [0-9]+ tokens, and the model's context is 8, past which"));
        Assert.DoesNotContain("warning", bounded.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info")]
    [InlineData("chat")]
    public async Task A_forecaster_is_no_language_model(string command)
    {
        using ModelCopy model = new();
        string file = Path.Combine(model.Path, "config.json");
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(file))!;
        configuration["forecasting"] = new JsonObject { ["horizon"] = 24 };
        if (command == "info")
            File.Delete(Path.Combine(model.Path, "tokenizer.json"));
        File.WriteAllText(file, configuration.ToJsonString());

        ToolRun run = await ToolRun.Run(command, model.Path);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("option 'forecasting': found an object; expected a language model; Forecaster.Load and retnet forecast --model",
            run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task States_in_int8_are_for_transformers()
    {
        ToolRun refused = await ToolRun.Run("generate", TestFiles.RetNet, "--prompt", "Once", "--state-format", "int8");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--state-format is Int8; expected Float32 or BFloat16: a RetNet's matrices change in every step", refused.Error,
            StringComparison.Ordinal);
        string[] arguments = ["generate", TestFiles.Llama, "--prompt", "Once", "--max-tokens", "4", "--seed", "1"];
        JsonElement wide = await ToolRun.RunForJson([.. arguments, "--state-format", "bf16"]);
        JsonElement narrow = await ToolRun.RunForJson([.. arguments, "--state-format", "int8"]);
        Assert.True(narrow.GetProperty("state_bytes").GetInt64() < wide.GetProperty("state_bytes").GetInt64());
    }

    [Fact]
    public async Task Numbers_do_not_depend_on_the_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            ToolRun run = await ToolRun.Run("generate", TestFiles.RetNet, "--prompt", "Once upon a", "--temperature", "0.001",
                "--max-tokens", "1", "--top-k", "0");
            Assert.Equal(" time\n", run.Output);
            Assert.Contains("589,824", run.Error, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task Cancellation_ends_a_command_with_130()
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        using ToolConsole console = new(output, error, TextReader.Null);
        using CancellationTokenSource cancellation = new();
        await cancellation.CancelAsync();
        int exitCode = await RetNetCommand.RunAsync(["generate", TestFiles.RetNet, "--prompt", "Once"], console, cancellation.Token);
        Assert.Equal((130, "retnet: interrupted"), (exitCode, error.ToString().TrimEnd()));
    }
}
