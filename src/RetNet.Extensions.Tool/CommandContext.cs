using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool;

/// <summary>The inputs and outputs of a command.</summary>
internal sealed record CommandContext(ParseResult Parse, CommonOptions Options, ToolConsole Console, CancellationToken Cancellation)
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool Json => Parse.GetValue(Options.Json);

    /// <summary>The MODEL argument; null if it was left out and the command allows that.</summary>
    public string? OptionalModelPath => Parse.GetValue<string?>(Options.Model.Name);

    public string ModelPath => OptionalModelPath is { Length: > 0 } path
        ? path
        : throw new CommandException("MODEL is missing; expected a model folder, a .safetensors file or a .gguf file.");

    public StateOptions StateOptions => Options.StateOptions(Parse);

    /// <summary>Loads a model without its tokenizer.</summary>
    public LanguageModel LoadModel()
    {
        LanguageModel model = LanguageModel.Load(ModelPath, Options.LoadOptions(Parse));
        CheckState(model);
        return model;
    }

    /// <summary>Loads a language model with its tokenizer.</summary>
    /// <exception cref="NotSupportedException">The model is an encoder.</exception>
    public TextModel LoadTextModel(BatchSchedulerOptions? scheduling = null)
    {
        TextModel model = LoadModelOrEncoder(scheduling);

        // An encoder refuses this.
        _ = model.Model;
        return model;
    }

    /// <summary>Loads a language model or an encoder with its tokenizer.</summary>
    public TextModel LoadModelOrEncoder(BatchSchedulerOptions? scheduling = null)
    {
        TextModel model = TextModel.Load(ModelPath, Options.LoadOptions(Parse), scheduling);
        if (model.Encoder is null)
            CheckState(model.Model);
        else if (Options.GivenForStates(Parse) is { } option)
            Console.Warn($"an encoder has no state; {option} has no effect.");
        return model;
    }

    /// <summary>Writes the JSON document of a command.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        WriteJson(Console.Output, write);
        Console.Text.WriteLine();
    }

    /// <summary>Writes a JSON object.</summary>
    public static void WriteJson(Stream stream, Action<Utf8JsonWriter> write)
    {
        using Utf8JsonWriter writer = new(stream, JsonOptions);
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes facts in two columns.</summary>
    public void WriteFacts((string Name, string Value)[] facts)
    {
        int width = facts.Max(fact => fact.Name.Length);
        foreach ((string name, string value) in facts)
            Console.Text.WriteLine($"{name.PadRight(width)}  {value}");
    }

    /// <summary>Warns of a policy that has no effect.</summary>
    public void CheckPolicy(bool hasConstantState)
    {
        if (hasConstantState && Options.HasPolicy(Parse))
            Console.Warn("a RetNet's state has a fixed size; --policy has no effect.");
    }

    /// <summary>Warns of a text past the context that a Transformer was made for, where a cache of all its rows loses quality.</summary>
    /// <returns>Whether it was warned.</returns>
    public bool WarnOfLength(ModelInfo model, long tokens)
    {
        if (model.HasConstantState || model.ContextLength is not { } context || tokens <= context || !StateOptions.Policy.Size.IsUnbounded)
            return false;
        Console.Warn($"the text has {tokens:N0} tokens, and the model's context is {context:N0}, past which its texts get worse; "
            + "--policy window or tova keeps to it.");
        return true;
    }

    /// <summary>Warns of a policy that has no effect, and refuses states that the model cannot have.</summary>
    private void CheckState(LanguageModel model)
    {
        try
        {
            _ = model.StateBytes(StateOptions, tokens: 1);
        }
        catch (ArgumentException exception)
        {
            string property = $"{nameof(Core.Models.StateOptions)}.{nameof(Core.Models.StateOptions.Format)}";
            throw new ArgumentException(
                exception.Message.Replace(property, Options.StateFormatName, StringComparison.Ordinal), exception.ParamName, exception);
        }

        CheckPolicy(model.Info.HasConstantState);
    }
}
