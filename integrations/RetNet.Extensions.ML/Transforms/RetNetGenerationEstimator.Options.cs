using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.ML.Models;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Transforms;

/// <content>The options.</content>
public sealed partial class RetNetGenerationEstimator
{
    /// <summary>The prompt and the sampling. A null takes the value of the model's generation_config.json.</summary>
    public sealed class Options : RetNetTextOptions
    {
        /// <summary>The placeholder of the row's text in <see cref="PromptTemplate"/>: <c>{text}</c>.</summary>
        public const string TextPlaceholder = "{text}";

        /// <summary>The prompt, with <see cref="TextPlaceholder"/> in the place of the row's text. Default: the text alone.</summary>
        public string PromptTemplate { get; set; } = TextPlaceholder;

        /// <summary>
        /// Whether the prompt is put into the model's chat template as a user's message. Control tokens that are written in a row's text
        /// are then ordinary text. Default false: the model continues the prompt.
        /// </summary>
        public bool UseChatTemplate { get; set; }

        /// <summary>The largest number of tokens to write. Default null.</summary>
        public int? MaxTokens { get; set; }

        /// <inheritdoc cref="SamplingOptions.Temperature" path="/summary"/>
        public float? Temperature { get; set; }

        /// <inheritdoc cref="SamplingOptions.TopK" path="/summary"/>
        public int? TopK { get; set; }

        /// <inheritdoc cref="SamplingOptions.TopP" path="/summary"/>
        public float? TopP { get; set; }

        /// <inheritdoc cref="SamplingOptions.MinP" path="/summary"/>
        public float? MinP { get; set; }

        /// <inheritdoc cref="SamplingOptions.RepetitionPenalty" path="/summary"/>
        public float? RepetitionPenalty { get; set; }

        /// <summary>
        /// The seed of the draws. Every row is drawn with it, so a row's text does not depend on the other rows. Default null: one drawn
        /// from the <see cref="Microsoft.ML.MLContext"/>'s seed.
        /// </summary>
        public long? Seed { get; set; }

        /// <inheritdoc cref="GenerationOptions.PromptLookupTokens" path="/summary"/>
        public int? PromptLookupTokens { get; set; }

        /// <summary>Texts that end a generation; they are not part of it. Default: none.</summary>
        public IList<string> StopStrings { get; set; } = [];

        internal GenerationOptions ToGenerationOptions(GenerationOptions defaults)
        {
            GenerationOverrides overrides = new()
            {
                MaxTokens = MaxTokens,
                StopStrings = StopStrings.Count > 0 ? [.. StopStrings] : null,
                RepetitionPenalty = RepetitionPenalty,
                Temperature = Temperature,
                TopK = TopK,
                TopP = TopP,
                MinP = MinP,
                Seed = Seed,
                PromptLookupTokens = PromptLookupTokens,
            };
            return overrides.ApplyTo(defaults) with { State = StateOptions };
        }

        internal override void CheckModel(HeldModel model)
        {
            base.CheckModel(model);
            Require(
                !UseChatTemplate || model.Text.ChatTemplate is not null, nameof(UseChatTemplate), UseChatTemplate,
                "false: the model has no chat template");
        }

        internal override void Validate()
        {
            base.Validate();
            Require(PromptTemplate?.Contains(TextPlaceholder, StringComparison.Ordinal) == true, nameof(PromptTemplate),
                PromptTemplate is null ? null : $"'{PromptTemplate}'", $"a text with {TextPlaceholder} in it");
            Require(StopStrings?.All(text => text is not null) == true, nameof(StopStrings), StopStrings is null ? null : "null in a list",
                "texts");
            ToGenerationOptions(new GenerationOptions()).Validate();
        }
    }
}
