using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary><c>logits MODEL TOKENS OUT</c>: writes a model's logits, to be compared with another program's.</summary>
internal sealed class LogitsCommand : Command
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Folder or file of the model." };
    private readonly Argument<FileInfo> _tokens = new("TOKENS")
    {
        Description = "JSON: lists of token ids, each read from an empty state.",
    };

    private readonly Argument<FileInfo> _out = new("OUT") { Description = "Receives the float32 logits of every position." };
    private readonly Option<WeightFormat> _format = new("--weights") { Description = "How weights are kept." };

    public LogitsCommand()
        : base("logits", "Writes the logits that a model gives after every token of some texts.")
    {
        Add(_model);
        Add(_tokens);
        Add(_out);
        Add(_format);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        int[][] lists = JsonSerializer.Deserialize<int[][]>(File.ReadAllText(parse.GetValue(_tokens)!.FullName))!;
        using LanguageModel model = LanguageModel.Load(
            parse.GetValue(_model)!, new ModelLoadOptions { WeightFormat = parse.GetValue(_format), Threads = 1 });
        using FileStream output = parse.GetValue(_out)!.Create();
        foreach (int[] tokens in lists)
        {
            using SequenceState state = model.CreateState(new StateOptions());
            float[] logits = new float[tokens.Length * model.Info.VocabularySize];
            model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits), logits);
            output.Write(MemoryMarshal.AsBytes(logits.AsSpan()));
        }

        Console.WriteLine($"{model.Info.WeightFormat}, {model.Info.WeightBytes:N0} bytes of weights");
    }
}
