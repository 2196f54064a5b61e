namespace RetNet.Extensions.ML.Trainers;

/// <content>The options.</content>
public sealed partial class RetNetBinaryTrainer
{
    /// <summary>How a classifier with two answers is trained.</summary>
    public sealed class Options : RetNetTrainerOptions
    {
        /// <summary>The column of predicted labels to add. Default <c>PredictedLabel</c>.</summary>
        public string PredictionColumnName { get; set; } = "PredictedLabel";

        /// <summary>The column of probabilities to add. Default <c>Probability</c>.</summary>
        public string ProbabilityColumnName { get; set; } = "Probability";

        /// <summary>Whether the rarer answer counts more, so that both weigh the same. Default false.</summary>
        public bool BalanceClasses { get; set; }

        /// <summary>A weight for the rows labelled false and one for those labelled true. Default null: 1 each. Multiplied with those of
        /// <see cref="BalanceClasses"/>.</summary>
        public IReadOnlyList<float>? ClassWeights { get; set; }

        private protected override IReadOnlyList<(string Option, string Column)> OutputColumns =>
            [.. base.OutputColumns, (nameof(PredictionColumnName), PredictionColumnName), (nameof(ProbabilityColumnName),
                ProbabilityColumnName)];

        internal override void Validate()
        {
            base.Validate();
            Trainers.ClassWeights.Check(ClassWeights);
        }
    }
}
