namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A RetNet learns from consecutive text: each row of a batch reads its own part in order, and its state goes from piece to
/// piece.</summary>
/// <remarks>A piece is a batch; the states are cleared where the text starts over. Gradients end at the beginning of a piece.</remarks>
internal sealed class CarriedTextTask : LanguageModelTask
{
    private readonly int[] _text;
    private readonly int _rowLength;
    private readonly BatchBuffer _buffer;
    private readonly TrainingState _state;

    public CarriedTextTask(
        TrainableModel model, TrainingOptions options, IReadOnlyList<ReadOnlyMemory<int>> documents, LanguageModelValidation? validation)
        : base(model, options, documents, validation)
    {
        _buffer = new BatchBuffer(options);
        ReadOnlyMemory<int>[] learned = [.. documents.Where(document => document.Length > 1)];
        long length = learned.Sum(document => (long)document.Length);
        if (length > Array.MaxLength)
            throw new ArgumentException($"The training data has {length} tokens; expected at most {Array.MaxLength} with a carried state.");
        _text = new int[length];
        int done = 0;
        foreach (ReadOnlyMemory<int> document in learned)
        {
            document.Span.CopyTo(_text.AsSpan(done));
            done += document.Length;
        }

        _rowLength = (_text.Length - 1) / options.BatchSize;
        if (_rowLength < 1)
        {
            throw new ArgumentException($"{nameof(options.BatchSize)} is {options.BatchSize}; expected at most {_text.Length - 1}, one "
                + "predicted token of the text for each row.");
        }

        _state = model.CreateState(options.BatchSize);
    }

    public override double ItemsPerEpoch => Pieces;

    public override int ItemsPerBatch => 1;

    public override int LongestSequence => Math.Min(Options.ContextLength, _rowLength);

    public override void SaveState(Stream stream) => _state.Save(stream);

    public override void RestoreState(Stream stream) => _state.Restore(stream);

    public override void Dispose() => _state.Dispose();

    protected override double Weight(long batch) => (double)Options.BatchSize * PieceLength(batch);

    // The states change during a step, so it is not interrupted.
    protected override StepLoss AddGradients(long batch, float share, CancellationToken cancellationToken)
    {
        Collect(batch);
        return new StepLoss(
            Model.Step(_buffer.ForTraining(batch, _state, CancellationToken.None), _buffer.Targets, share), _buffer.Tokens);
    }

    private int Pieces => (_rowLength + Options.ContextLength - 1) / Options.ContextLength;

    private int PieceBegin(long batch) => (int)(batch % Pieces) * Options.ContextLength;

    private int PieceLength(long batch) => Math.Min(Options.ContextLength, _rowLength - PieceBegin(batch));

    private void Collect(long batch)
    {
        _buffer.Clear();
        for (int row = 0; row < Options.BatchSize; row++)
        {
            if (PieceBegin(batch) == 0)
                _state.Reset(row);
            _buffer.AddWindow(_text.AsSpan((row * _rowLength) + PieceBegin(batch), PieceLength(batch) + 1));
        }
    }
}
