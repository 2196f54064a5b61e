using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training;

/// <summary>A language model learns to predict the next token.</summary>
internal abstract class LanguageModelTask(TrainableModel model, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation) : TrainingTask
{
    public override IReadOnlyList<Parameter> Parameters => Model.Parameters;

    public override WorkerPool? Pool => Model.Pool;

    public override bool HasValidation => validation is not null;

    protected TrainableModel Model => model;

    public override void ClearGradients() => model.ClearGradients();

    public override double Validate(CancellationToken cancellationToken) => validation!.Loss(cancellationToken);

    public override IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        yield return KeyValuePair.Create("model", DataFingerprint.Of(model.ConfigurationJson()));
        yield return KeyValuePair.Create("data", DataFingerprint.Of(documents));
        yield return KeyValuePair.Create("validation data", validation?.Fingerprint ?? "none");
    }
}
