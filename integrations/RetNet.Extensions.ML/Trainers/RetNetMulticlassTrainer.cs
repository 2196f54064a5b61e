using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Trains a classifier of texts with a key-typed label.</summary>
public sealed partial class RetNetMulticlassTrainer : RetNetTrainer<RetNetMulticlassTransformer>
{
    private readonly Options _options;

    internal RetNetMulticlassTrainer(IHostEnvironment environment, Options options)
        : base(environment, options)
    {
        _options = (Options)options.Copy();
        _options.ClassWeights = options.ClassWeights?.ToArray();
    }

    private protected override SequenceLoss Loss => SequenceLoss.CrossEntropy;

    private protected override Func<float> ReadLabel(DataViewRow row, DataViewSchema.Column label, string role) =>
        LabelReaders.Key(row, label, role);

    private protected override int CountOutputs(DataViewSchema.Column label) => LabelKeys.Read(label).Count;

    private protected override void CheckValidationLabel(DataViewSchema.Column label, DataViewSchema.Column validationLabel)
    {
        LabelKeys expected = LabelKeys.Read(label);
        LabelKeys found = LabelKeys.Read(validationLabel, ValidationLabel);
        if (found.Count != expected.Count || !(found.Values ?? []).SequenceEqual(expected.Values ?? []))
        {
            throw SchemaChecks.Mismatch(
                ValidationLabel, validationLabel.Name, $"the training data's {expected.Count} classes "
                    + $"({expected.Describe()})", $"{found.Count} ({found.Describe()}); transform both sets with one fitted model");
        }
    }

    private protected override float[] Weights(LabelledTexts rows, int outputs) =>
        ClassWeights.Of(rows, outputs, _options.ClassWeights, _options.BalanceClasses);

    private protected override void CheckLabel(SchemaShape.Column label)
    {
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw SchemaChecks.Mismatch("label", label.Name, "a key (see Conversion.MapValueToKey)", label.Describe());
    }

    private protected override SchemaShape.Column[] OutputColumns(SchemaShape.Column label)
    {
        List<SchemaShape.Column> score = [.. ColumnKinds.ScoreShape];
        List<SchemaShape.Column> prediction = [.. ColumnKinds.ScoreShape];
        foreach (SchemaShape.Column values in label.Annotations)
        {
            if (values.Name != ColumnKinds.KeyValues)
                continue;
            score.Add(ColumnShapes.Vector(ColumnKinds.SlotNames, TextDataViewType.Instance));
            score.Add(ColumnShapes.Vector(ColumnKinds.TrainingLabelValues, values.ItemType));
            prediction.Add(values);
        }

        return
        [
            ColumnShapes.Key(_options.PredictionColumnName, prediction),
            ColumnShapes.Vector(_options.ScoreColumnName, NumberDataViewType.Single, score),
        ];
    }

    private protected override RetNetMulticlassTransformer Create(
        IHost host, TrainedScorer scorer, ScorerSettings settings, DataViewSchema.Column label) =>
        new(host, scorer, settings with { PredictionColumn = _options.PredictionColumnName, Labels = LabelKeys.Read(label) });
}
