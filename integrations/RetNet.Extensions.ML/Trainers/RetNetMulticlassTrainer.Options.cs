namespace RetNet.Extensions.ML.Trainers;

/// <content>The options.</content>
public sealed partial class RetNetMulticlassTrainer
{
    /// <summary>How a classifier is trained.</summary>
    public sealed class Options : RetNetTrainerOptions
    {
        /// <summary>The column of predicted labels to add. Default <c>PredictedLabel</c>.</summary>
        public string PredictionColumnName { get; set; } = "PredictedLabel";

        /// <summary>Whether rare classes count more: each row is weighted by 1 over the share of its class, so that all classes weigh the
        /// same. Default false.</summary>
        public bool BalanceClasses { get; set; }

        /// <summary>A weight for the rows of each class, in the order of the label's keys. Default null: 1 each. Multiplied with those of
        /// <see cref="BalanceClasses"/>.</summary>
        public IReadOnlyList<float>? ClassWeights { get; set; }

        private protected override IReadOnlyList<(string Option, string Column)> OutputColumns =>
            [.. base.OutputColumns, (nameof(PredictionColumnName), PredictionColumnName)];

        internal override void Validate()
        {
            base.Validate();
            Trainers.ClassWeights.Check(ClassWeights);
        }
    }
}
