using System.CommandLine;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool;

/// <summary>The options of generation; missing ones come from the model's generation_config.json.</summary>
internal sealed class GenerationArguments
{
    private readonly Option<int?> _maxTokens = OptionKinds.Integer("--max-tokens", "N",
        OrTheModels("The largest number of tokens of an answer.", $"{new GenerationOptions().MaxTokens}"), 1);
    private readonly Option<float?> _temperature = OptionKinds.Number<float>(
        "--temperature", "T", OrTheModels("Sampling temperature; 0 always takes the most likely token.",
            $"{SamplingOptions.Greedy.Temperature}"),
        "a number of at least 0", value => value >= 0);
    private readonly Option<float?> _topP = OptionKinds.Number<float>(
        "--top-p", "P", OrTheModels("Keep the smallest set of tokens whose probability reaches P; 0 keeps the most likely one, 1 all.",
            $"{SamplingOptions.Greedy.TopP}"),
        "a number from 0 to 1", value => value is >= 0 and <= 1);
    private readonly Option<int?> _topK = OptionKinds.Integer(
        "--top-k", "K", OrTheModels("Keep the K most likely tokens; 0 keeps all.", $"{SamplingOptions.Greedy.TopK}"), 0);
    private readonly Option<float?> _minP = OptionKinds.Number<float>(
        "--min-p", "P", OrTheModels("Keep tokens at least P times as likely as the most likely one; 0 keeps all.",
            $"{SamplingOptions.Greedy.MinP}"),
        "a number from 0 to 1", value => value is >= 0 and <= 1);
    private readonly Option<float?> _repetition = OptionKinds.Number<float>(
        "--repetition-penalty", "R", OrTheModels("Repetition penalty: divides the logits of tokens that the text has already. 1 is off.",
            $"{SamplingOptions.Greedy.RepetitionPenalty}"),
        "a number above 0", value => value > 0);
    private readonly Option<float?> _frequency = OptionKinds.Number<float>(
        "--frequency-penalty", "F", "Frequency penalty: subtracted from a token's logit each time the token was generated.");
    private readonly Option<float?> _presence = OptionKinds.Number<float>(
        "--presence-penalty", "P", "Presence penalty: subtracted once from the logit of a token that was generated.");

    private readonly Option<int?> _lookup = OptionKinds.Integer("--prompt-lookup", "N",
        "The most tokens that a step guesses from prompt and text, and verifies; 0 is off. The text is the same.", 0,
        GenerationOptions.LargestPromptLookup);

    private readonly Option<long?> _seed = OptionKinds.Parsed<long?>(
        "--seed", "S", "The same seed gives the same text.", "an integer",
        text => long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out long seed) ? seed : null);

    private readonly Option<string[]> _stop = new("--stop")
    {
        HelpName = "TEXT",
        Description = "Text that ends the generation and is not part of the answer; the option can be repeated."
    };

    public void AddTo(Command command)
    {
        _stop.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError("--stop is ''; expected a text of at least one character.");
        });
        foreach (Option option in (Option[])[_maxTokens, _temperature, _topP, _topK, _minP, _repetition, _frequency, _presence, _lookup,
            _seed, _stop])
        {
            command.Add(option);
        }
    }

    private static string OrTheModels(string description, string otherwise) =>
        $"{description} Default: the model's, or else {otherwise}.";

    /// <summary>The options of a generation.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="defaults">The values of options that are not on the command line.</param>
    /// <param name="state">How the sequence remembers.</param>
    public GenerationOptions Read(ParseResult parse, GenerationOptions defaults, StateOptions state) =>
        Overrides(parse).ApplyTo(defaults) with { State = state };

    /// <summary>The options that are on the command line.</summary>
    public GenerationOverrides Overrides(ParseResult parse) => new()
    {
        MaxTokens = parse.GetValue(_maxTokens),
        StopStrings = parse.GetValue(_stop) is { Length: > 0 } stop ? stop : null,
        RepetitionPenalty = parse.GetValue(_repetition),
        FrequencyPenalty = parse.GetValue(_frequency),
        PresencePenalty = parse.GetValue(_presence),
        Temperature = parse.GetValue(_temperature),
        TopK = parse.GetValue(_topK),
        TopP = parse.GetValue(_topP),
        MinP = parse.GetValue(_minP),
        Seed = parse.GetValue(_seed),
        PromptLookupTokens = parse.GetValue(_lookup),
    };
}
