using System.CommandLine;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet info</c>: describes a model, or lists the devices.</summary>
internal sealed class InfoCommand : ToolCommand
{
    private readonly Option<bool> _devices =
        new("--devices") { Description = "List the devices that can compute models; no MODEL is given." };

    public InfoCommand(CommonOptions options)
        : base("info", "Describes a model and checks its files, or lists devices.")
    {
        Add(new Argument<string?>(options.Model.Name) { Description = options.Model.Description, Arity = ArgumentArity.ZeroOrOne });
        Add(_devices);
    }

    public override void Run(CommandContext context)
    {
        if (context.Parse.GetValue(_devices))
        {
            if (context.OptionalModelPath is not null)
                throw new CommandException("--devices lists this machine's devices; expected no MODEL.");
            DeviceList.Write(context);
            return;
        }

        if (ModelDocuments.ReadTokenizer(context.ModelPath).Tokenizer.IsEmpty)
        {
            using LanguageModel model = context.LoadModel();
            using SequenceState state = model.CreateState(context.StateOptions);
            Describe(context, model.Info, state.ByteSize, tokenizer: null);
        }
        else
        {
            using TextModel text = context.LoadModelOrEncoder();
            using SequenceState? state = text.Encoder is null ? text.Model.CreateState(context.StateOptions) : null;
            Describe(context, text.Info, state?.ByteSize ?? 0, text.Tokenizer);
        }
    }

    private static void Describe(CommandContext context, ModelInfo info, long stateBytes, Tokenizer? tokenizer)
    {
        string? template = tokenizer is null ? null : DescribeTemplate(tokenizer);
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("model", context.ModelPath);
                json.WriteString("architecture", info.Architecture);
                json.WriteNumber("parameters", info.Parameters);
                json.WriteString("weight_format", CommonOptions.FormatName(info.WeightFormat));
                json.WriteNumber("weight_bytes", info.WeightBytes);
                json.WriteNumber("weight_bytes_per_token", info.WeightBytesPerToken);
                json.WriteNumber("layers", info.Layers);
                json.WriteNumber("width", info.Width);
                json.WriteNumber("heads", info.Heads);
                json.WriteNumber("vocabulary_size", info.VocabularySize);
                json.WriteOptional("context_length", info.ContextLength);
                json.WriteBoolean("constant_state", info.HasConstantState);
                json.WriteNumber("state_bytes", stateBytes);
                json.WriteString("device", info.Device.ToString());
                json.WriteNumber("threads", info.Threads);
                json.WriteOptional("bos_token_id", tokenizer?.BeginningOfSequenceId ?? info.BeginningOfSequenceId);
                json.WriteIntegers("eos_token_ids", info.EndOfSequenceIds);
                json.WriteOptional("tokenizer_vocabulary_size", tokenizer?.VocabularySize);
                json.WriteString("chat_template", template);
            });
            return;
        }

        context.WriteFacts(
        [
            ("Model", context.ModelPath),
            ("Architecture", $"{info.Architecture}, {info.Layers} layers, width {info.Width}, {info.Heads} heads"),
            ("Parameters", $"{info.Parameters:N0}"),
            ("Weights", $"{CommonOptions.FormatName(info.WeightFormat)}, {info.WeightBytes:N0} bytes, {info.WeightBytesPerToken:N0} read "
                + "per token"),
            ("Vocabulary", $"{info.VocabularySize:N0} tokens"),
            ("Context", info.ContextLength is { } length ? $"{length:N0} tokens in the configuration" : "none in the configuration"),
            ("State", (info.HasConstantState, stateBytes) switch
            {
                (false, _) => "grows with the rows that the policy keeps",
                (true, 0) => "none, as each text is read at once",
                _ => $"{stateBytes:N0} bytes at every position",
            }),
            ("Device", $"{info.Device}"),
            ("Threads", $"{info.Threads}"),
            ("Tokenizer", tokenizer is null ? "none" : $"{tokenizer.VocabularySize:N0} tokens"),
            ("Chat template", template ?? "none"),
        ]);
    }

    private static string? DescribeTemplate(Tokenizer tokenizer)
    {
        try
        {
            return new ChatEncoder(tokenizer).Template is null ? null : "understood";
        }
        catch (ChatTemplateException exception)
        {
            return exception.Message;
        }
    }
}
