using System.Globalization;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A model and a head learn the targets of sequences.</summary>
internal sealed class SequenceTask : TrainingTask
{
    private readonly TrainableModel _model;
    private readonly SequenceHead _head;
    private readonly SequenceLoss _loss;
    private readonly IReadOnlyList<LabelledSequence> _sequences;
    private readonly IReadOnlyList<LabelledSequence> _validation;
    private readonly float[] _classWeights;
    private readonly bool _isWeighted;

    // A power of two near the mean weight of the sequences, by which weights are divided, and what the mean is then.
    private readonly int _weightExponent;
    private readonly double _meanWeight;
    private readonly SequenceBatches _batches;
    private readonly int[] _validationOrder;
    private readonly BatchBuffer _buffer;
    private readonly List<float> _targets = [];
    private readonly List<float> _weights = [];

    public SequenceTask(
        TrainableModel model, SequenceHead head, SequenceLoss loss, TrainingOptions options,
        IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<LabelledSequence> validation, float[] classWeights)
        : base(options)
    {
        (_model, _head, _loss) = (model, head, loss);
        (_sequences, _validation, _classWeights) = (sequences, validation, classWeights);
        _isWeighted = classWeights.Length > 0 || sequences.Concat(validation).Any(sequence => sequence.Weight != 1);
        double mean = sequences.Average(sequence => (double)sequence.Weight);
        _weightExponent = Math.ILogB(mean);
        _meanWeight = Math.ScaleB(mean, -_weightExponent);
        Parameters = [.. model.Parameters, .. head.Parameters];
        int[] lengths = [.. sequences.Select(sequence => Cut(sequence).Length)];
        LongestSequence = lengths.Max();
        _batches = new SequenceBatches(lengths, options.BatchSize, options.Seed);
        _validationOrder = [.. Enumerable.Range(0, validation.Count).OrderBy(i => Cut(validation[i]).Length)];
        _buffer = new BatchBuffer(options);
    }

    public override IReadOnlyList<Parameter> Parameters { get; }

    public override WorkerPool? Pool => _model.Pool;

    public override double ItemsPerEpoch => _batches.PerEpoch;

    public override int ItemsPerBatch => 1;

    /// <summary>Tokens of the longest sequence that is learned from.</summary>
    public int LongestSequence { get; }

    public override bool HasValidation => _validation.Count > 0;

    public override void ClearGradients()
    {
        _model.ClearGradients();
        _head.ClearGradients();
    }

    public override double Validate(CancellationToken cancellationToken)
    {
        double loss = 0;
        double total = 0;
        foreach (int[] batch in _validationOrder.Chunk(Options.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Collect(_validation, batch);
            double weight = Weight(_validation, batch);
            loss += weight * _head.Loss(_model, _buffer.ForValidation(cancellationToken), Targets, _loss,
                new SequenceStepOptions { Weights = Weights });
            total += weight;
        }

        return loss / total;
    }

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        string weights = string.Join(' ', _classWeights.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture)));
        yield return KeyValuePair.Create("model", DataFingerprint.Of($"{_model.Configuration.ToJson()} {_head.Outputs} {_loss}"));
        yield return KeyValuePair.Create("data", DataFingerprint.Of(_sequences));
        yield return KeyValuePair.Create("validation data", DataFingerprint.Of(_validation));
        yield return KeyValuePair.Create("class weights", DataFingerprint.Of(weights));
    }

    // Losses are divided by the weights of the classes in a step, and by the mean weight of all sequences: were it that of a batch,
    // which has texts of about one length, the weights of short and long texts would cancel out.
    protected override double Weight(long batch) => ClassWeight(_batches.Batch(batch));

    protected override StepLoss AddGradients(long batch, float share, CancellationToken cancellationToken)
    {
        ReadOnlySpan<int> sequences = _batches.Batch(batch);
        double classWeight = ClassWeight(sequences);
        double factor = classWeight == 0 ? 0 : Weight(_sequences, sequences) / (classWeight * _meanWeight);
        Collect(_sequences, sequences);
        SequenceStepOptions options = new()
        {
            Weights = Weights,
            LabelSmoothing = Options.LabelSmoothing,
            Scale = (float)(share * factor),
        };
        double loss = _head.Step(_model, _buffer.ForTraining(batch, null, cancellationToken), Targets, _loss, options);
        return new StepLoss(factor * loss, _buffer.Tokens);
    }

    private ReadOnlySpan<float> Targets => CollectionsMarshal.AsSpan(_targets);

    private List<float>? Weights => _isWeighted ? _weights : null;

    private ReadOnlyMemory<int> Cut(LabelledSequence sequence) =>
        sequence.Tokens[..Math.Min(sequence.Tokens.Length, Options.ContextLength)];

    private float WeightOf(LabelledSequence sequence) =>
        (float)(Math.ScaleB(sequence.Weight, -_weightExponent) * ClassWeightOf(sequence));

    private float ClassWeightOf(LabelledSequence sequence) => _classWeights.Length > 0 ? _classWeights[(int)sequence.Target] : 1;

    private double ClassWeight(ReadOnlySpan<int> batch)
    {
        double weight = 0;
        foreach (int i in batch)
            weight += ClassWeightOf(_sequences[i]);
        return weight;
    }

    private double Weight(IReadOnlyList<LabelledSequence> sequences, ReadOnlySpan<int> batch)
    {
        double weight = 0;
        foreach (int i in batch)
            weight += WeightOf(sequences[i]);
        return weight;
    }

    private void Collect(IReadOnlyList<LabelledSequence> sequences, ReadOnlySpan<int> batch)
    {
        _buffer.Clear();
        _targets.Clear();
        _weights.Clear();
        foreach (int i in batch)
        {
            _buffer.Add(Cut(sequences[i]).Span);
            _targets.Add(sequences[i].Target);
            _weights.Add(WeightOf(sequences[i]));
        }
    }
}
