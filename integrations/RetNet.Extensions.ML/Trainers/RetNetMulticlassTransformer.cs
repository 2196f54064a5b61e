using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>
/// Classifies texts: adds the probability of each class (softmax), and the most probable class as a key with the label's key values.
/// </summary>
public sealed class RetNetMulticlassTransformer : RetNetScoringTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetMulticlass";

    private static readonly ArchiveFormat SavedAs = new("RETNMULT", LoaderName);

    private readonly LabelKeys _labels;
    private readonly string _predictionColumn;

    internal RetNetMulticlassTransformer(IHost host, TrainedScorer scorer, ScorerSettings settings)
        : base(host, scorer, settings)
    {
        _labels = settings.Labels ?? throw new FormatException("The settings of a classifier name no classes.");
        _predictionColumn = settings.PredictionColumn
            ?? throw new FormatException("The settings of a classifier name no column of predicted labels.");
    }

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override bool ScoresAreProbabilities => true;

    private protected override IReadOnlyList<OutputColumn<float[]>> CreateColumns()
    {
        DataViewSchema.Annotations.Builder score = Annotations(ColumnKinds.Multiclass, ColumnKinds.Score);
        DataViewSchema.Annotations.Builder prediction = Annotations(ColumnKinds.Multiclass, ColumnKinds.PredictedLabel);
        if (_labels.Names is var (nameType, names))
            score.Add(ColumnKinds.SlotNames, nameType, names);
        if (_labels.Annotation is var (valueType, values))
        {
            score.Add(ColumnKinds.TrainingLabelValues, valueType, values);
            prediction.Add(ColumnKinds.KeyValues, valueType, values);
        }

        return
        [
            new OutputColumn<float[], uint>(
                _predictionColumn, new KeyDataViewType(typeof(uint), _labels.Count),
                (float[] outputs, ref uint value) =>
                    value = (uint)TensorPrimitives.IndexOfMax<float>(outputs) + 1, prediction.ToAnnotations()),
            new OutputColumn<float[], VBuffer<float>>(
                Settings.ScoreColumn, new VectorDataViewType(NumberDataViewType.Single,
                    _labels.Count), WriteProbabilities, score.ToAnnotations()),
        ];
    }

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        Load(host, archive, (scorer, settings) => new RetNetMulticlassTransformer(host, scorer, settings));

    private static void WriteProbabilities(float[] outputs, ref VBuffer<float> value)
    {
        float[] probabilities = new float[outputs.Length];
        TensorPrimitives.SoftMax(outputs, probabilities);
        VectorValues.Write(probabilities, ref value);
    }
}
