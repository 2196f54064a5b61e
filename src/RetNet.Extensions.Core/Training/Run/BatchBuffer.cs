using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Collects sequences of tokens into a batch.</summary>
internal sealed class BatchBuffer(TrainingOptions options)
{
    private readonly List<int> _tokens = [];
    private readonly List<int> _targets = [];
    private readonly List<int> _lengths = [];

    public int Tokens => _tokens.Count;

    /// <summary>Tokens that are predicted: all, or those of answers where only these are learned.</summary>
    public int Predicted => _targets.Count - Targets.Count(-1);

    /// <summary>The targets of <see cref="AddWindow"/>, <c>[tokens]</c>.</summary>
    public ReadOnlySpan<int> Targets => CollectionsMarshal.AsSpan(_targets);

    public void Clear()
    {
        _tokens.Clear();
        _targets.Clear();
        _lengths.Clear();
    }

    /// <summary>Adds a sequence whose targets are its own tokens, one further, or those of them that belong to an answer.</summary>
    /// <param name="text">One token more than the sequence has.</param>
    public void AddWindow(ReadOnlySpan<int> text)
    {
        Add(text[..^1]);
        int first = _targets.Count;
        _targets.AddRange(text[1..]);
        options.Answers?.KeepAnswers(text, CollectionsMarshal.AsSpan(_targets)[first..]);
    }

    public void Add(ReadOnlySpan<int> tokens)
    {
        _tokens.AddRange(tokens);
        _lengths.Add(tokens.Length);
    }

    /// <summary>The batch for training, with dropout.</summary>
    /// <param name="number">The number of the batch, which decides what is dropped.</param>
    /// <param name="state">What is carried over, if anything.</param>
    /// <param name="cancellationToken">Observed between blocks.</param>
    public TrainingBatch ForTraining(long number, TrainingState? state, CancellationToken cancellationToken)
        => Create(options.Dropout, new RandomStream(options.Seed, ~number).Next(), state, cancellationToken);

    /// <summary>The batch for measuring.</summary>
    public TrainingBatch ForValidation(CancellationToken cancellationToken) => Create(0, 0, null, cancellationToken);

    private TrainingBatch Create(float dropout, ulong dropoutSeed, TrainingState? state, CancellationToken cancellationToken)
        => new(CollectionsMarshal.AsSpan(_tokens), CollectionsMarshal.AsSpan(_lengths))
        {
            State = state,
            Dropout = dropout,
            DropoutSeed = dropoutSeed,
            Form = options.Form,
            ChunkLength = options.ChunkLength,
            Precision = options.Precision,
            CancellationToken = cancellationToken,
        };
}
