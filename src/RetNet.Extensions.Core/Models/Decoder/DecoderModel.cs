using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>What the decoders of this library share: waves of tokens, embedding, feed-forward network and head. A family adds how its
/// layers remember.</summary>
internal abstract unsafe class DecoderModel : LanguageModel
{
    private readonly WeightLoader _memory;
    private readonly DecoderWeights _weights;
    private readonly WorkspacePool _workspaces;
    private readonly DecoderSettings _settings;

    private protected DecoderModel(WeightLoader memory, DecoderWeights weights, DecoderSettings settings, int threads)
    {
        memory.Adapters?.Complete();
        (_memory, _weights, _settings) = (memory, weights, settings);
        _workspaces = new WorkspacePool(() =>
        {
            DecoderWorkspace workspace = CreateWorkspace();
            workspace.Adapters = memory.Adapters is { } adapters ? new AdapterWorkspace(adapters) : null;
            return workspace;
        });
        Pool = new WorkerPool(threads);
    }

    /// <summary>The threads of this model.</summary>
    internal sealed override WorkerPool Pool { get; }

    /// <inheritdoc/>
    internal sealed override long HiddenWeightBytes => Info.WeightBytesPerToken - (_weights.Head?.ByteSize ?? 0);

    /// <summary>Scratch memory for one forward.</summary>
    private protected abstract DecoderWorkspace CreateWorkspace();

    /// <summary>Makes room for a wave's rows in the states of the family's sequences.</summary>
    private protected virtual void BeginWave(DecoderWorkspace w)
    {
    }

    /// <summary>Changes the embedding of a wave in place, as the family requires.</summary>
    private protected virtual void ScaleEmbedding(DecoderWorkspace w)
    {
    }

    /// <summary>Fills the cosines and sines of a wave's positions.</summary>
    private protected abstract void FillRotaryTables(DecoderWorkspace w);

    /// <summary>The first half of a block, x ← x + Mix(n1(x)): retention or attention. A family whose norms may stand elsewhere uses
    /// <see cref="BeginHalf"/> and <see cref="EndHalf"/>.</summary>
    private protected abstract void MixTokens(DecoderWorkspace w, int layer);

    /// <summary>gate = act(gate) ⊙ up in the feed-forward network; act is silu unless a family overrides it.</summary>
    private protected virtual delegate*<Span<float>, ReadOnlySpan<float>, void> Activation => &Activations.SiluGate;

    /// <summary>Prepares for the drafts of a batch.</summary>
    private protected virtual void BeginDrafts(DecoderWorkspace w, int tokens)
    {
    }

    /// <summary>Turns the state of a draft's sequence into the one after its first tokens.</summary>
    private protected abstract void EndDraft(DecoderWorkspace w, in Draft draft, int seen);

    /// <summary>Called when a wave is done.</summary>
    private protected virtual void EndWave(DecoderWorkspace w)
    {
    }

    /// <inheritdoc/>
    /// <remarks>The weights are read once for all tokens, but those of experts for the tokens that chose them.</remarks>
    internal override float? DraftCost => _weights.Layers[0].FeedForward is ExpertNetwork ? 0.8f : 0.6f;

    /// <inheritdoc/>
    private protected override long ForwardBytes => _workspaces.ByteSize;

    /// <inheritdoc/>
    /// <remarks>It makes room for the first wave, which is all of most forwards.</remarks>
    protected sealed override void Reserve(in ForwardBatch batch)
    {
        DecoderWorkspace w = _workspaces.Rent();
        try
        {
            ReserveDrafts(w, batch);
            w.Schedule.Start();
            w.Schedule.Next(batch);
            w.Reserve();
            BeginWave(w);
        }
        finally
        {
            _workspaces.Return(w);
        }
    }

    /// <inheritdoc/>
    protected sealed override void ForwardCore(in ForwardBatch batch, Span<float> output)
    {
        DecoderWorkspace w = _workspaces.Rent();
        try
        {
            ReserveDrafts(w, batch);
            w.Schedule.Start();
            while (w.Schedule.Next(batch))
            {
                batch.CancellationToken.ThrowIfCancellationRequested();
                w.Reserve();
                BeginWave(w);
                Embed(w, batch);
                FillRotaryTables(w);
                for (int layer = 0; layer < _weights.Layers.Length; layer++)
                {
                    ThrowIfDisposed(batch);
                    MixTokens(w, layer);
                    FeedForward(w, _weights.Layers[layer]);
                }

                EndWave(w);
                OutputHead.Write(Pool, batch, w.Schedule, w.X, w.Normalized, _weights, _settings, output);
            }

            if (batch.DraftReader is not null)
                ReadDrafts(w, batch, output);
        }
        finally
        {
            _workspaces.Return(w);
        }
    }

    /// <inheritdoc/>
    protected override void ReleaseWeights()
    {
        Pool.Dispose();
        _workspaces.Dispose();
        _memory.Dispose();
    }

    /// <summary>The facts that every family has, taken from its weights.</summary>
    private protected ModelInfo Describe(ModelConfiguration configuration, int heads, bool hasConstantState, int contextLength) => new()
    {
        Architecture = configuration.Architecture,
        VocabularySize = _weights.VocabularySize,
        HasHead = _weights.Head is not null,
        Width = _weights.Width,
        Layers = _weights.Layers.Length,
        Heads = heads,
        Parameters = _memory.Parameters,
        WeightFormat = _memory.Format,
        WeightBytes = _memory.Bytes,
        WeightBytesPerToken = _memory.Bytes - _memory.UnreadBytes,
        ContextLength = contextLength,
        HasConstantState = hasConstantState,
        Threads = Pool.Threads,
        StateShape = configuration.StateShape,
        Fingerprint = _memory.Tensors.Fingerprint(configuration),
        Adapters = _memory.Adapters?.Infos ?? [],
        BeginningOfSequenceId = configuration.BosTokenId,
        EndOfSequenceIds = configuration.EosTokenIds,
    };

    private void ReserveDrafts(DecoderWorkspace w, in ForwardBatch batch)
    {
        int tokens = 0;
        foreach (SequenceInput input in batch.Sequences)
            tokens += input.IsDraft ? input.Count : 0;
        BeginDrafts(w, tokens);
    }

    /// <summary>Lets the reader decide what stays of each draft, when all logits are known.</summary>
    private void ReadDrafts(DecoderWorkspace w, in ForwardBatch batch, Span<float> output)
    {
        int vocabulary = _weights.VocabularySize;
        int outputs = 0, draftRow = 0;
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            SequenceInput input = batch.Sequences[i];
            if (input.IsDraft)
            {
                int seen = batch.DraftReader!.Read(i, output.Slice(outputs * vocabulary, input.Count * vocabulary));
                EndDraft(w, new Draft(input.State, draftRow, input.Count), seen);
                input.State.Withdraw(input.Count - seen);
                draftRow += input.Count;
            }

            outputs += input.LogitRows;
        }

        BeginDrafts(w, 0);
    }

    private void Embed(DecoderWorkspace w, in ForwardBatch batch)
    {
        int d = _weights.Width;
        ReadOnlySpan<int> tokens = batch.Tokens.Slice(w.Schedule.FirstToken, w.Schedule.Rows);
        for (int row = 0; row < tokens.Length; row++)
            _weights.Embedding.CopyRowTo(tokens[row], new Span<float>(w.X + ((long)row * d), d));
        ScaleEmbedding(w);
        if (batch.Inputs.IsEmpty)
            return;
        Span<float> x = new(w.X, tokens.Length * d);
        TensorPrimitives.Add(x, batch.Inputs.Slice(w.Schedule.FirstToken * d, x.Length), x);
    }

    /// <summary>The input of half a block, n(x), or x itself where the norm comes after, in
    /// <see cref="DecoderWorkspace.Normalized"/>.</summary>
    private protected void BeginHalf(DecoderWorkspace w, float* norm)
    {
        int rows = w.Schedule.Rows, d = _weights.Width;
        if (_settings.Norms == NormPlacement.After)
            new Span<float>(w.X, rows * d).CopyTo(new Span<float>(w.Normalized, rows * d));
        else
            Normalization.Rms(Pool, w.X, norm, w.Normalized, rows, d, _settings.NormEpsilon);
    }

    /// <summary>Whether half a block adds to x what it computes, as it is: it then needs no <see cref="EndHalf"/>.</summary>
    private protected bool AddsHalvesDirectly => _settings is { Norms: NormPlacement.Before, ResidualScale: 1 };

    /// <summary>x ← x + s n'(y), the end of half a block whose output y lies in <see cref="DecoderWorkspace.Normalized"/>.</summary>
    private protected void EndHalf(DecoderWorkspace w, float* norm, float* outputNorm)
    {
        int rows = w.Schedule.Rows, d = _weights.Width;
        if (_settings.Norms != NormPlacement.Before)
        {
            float* after = _settings.Norms == NormPlacement.After ? norm : outputNorm;
            Normalization.Rms(Pool, w.Normalized, after, w.Normalized, rows, d, _settings.NormEpsilon);
        }

        Span<float> x = new(w.X, rows * d);
        ReadOnlySpan<float> y = new(w.Normalized, rows * d);
        if (_settings.ResidualScale == 1)
            TensorPrimitives.Add(x, y, x);
        else
            TensorPrimitives.MultiplyAdd(y, _settings.ResidualScale, x, x);
    }

    /// <summary>The second half of a block, x ← x + F(n2(x)).</summary>
    private void FeedForward(DecoderWorkspace w, DecoderLayerWeights weights)
    {
        BeginHalf(w, weights.FeedForwardNorm);
        weights.FeedForward.Apply(Pool, w, Activation, AddsHalvesDirectly ? w.X : w.Normalized, add: AddsHalvesDirectly);
        if (!AddsHalvesDirectly)
            EndHalf(w, weights.FeedForwardNorm, weights.FeedForwardOutputNorm);
    }
}

/// <summary>A draft whose logits are known.</summary>
/// <param name="State">The sequence.</param>
/// <param name="FirstRow">The number of its first token among those of all drafts of the batch.</param>
/// <param name="Tokens">The tokens.</param>
internal readonly record struct Draft(SequenceState State, int FirstRow, int Tokens);

/// <summary>How a decoder puts its halves of blocks and its head together. What is not given is Llama's.</summary>
/// <param name="NormEpsilon">ε of the RMS norms.</param>
internal sealed record DecoderSettings(float NormEpsilon)
{
    /// <summary>Where the halves of a block normalise.</summary>
    public NormPlacement Norms { get; init; }

    /// <summary>Factor of what each half of a block adds.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor of the logits.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Bounds the logits to cap · tanh(x / cap); null for none.</summary>
    public float? LogitSoftCap { get; init; }

    /// <summary>Whether the logits are those of the head itself.</summary>
    public bool HasPlainLogits => LogitScale == 1 && LogitSoftCap is null;
}
