namespace RetNet.Extensions.ML.Rows;

/// <summary>What the model reads of some rows and, once a result of one of them is requested, its results for all of them.</summary>
internal abstract class ScoredRows
{
    /// <summary>The row whose values the getters give.</summary>
    public int Current { get; set; }

    /// <summary>Removes all rows.</summary>
    public abstract void Clear();

    /// <summary>Adds the present row of the input.</summary>
    public abstract void Add();

    /// <summary>Makes the present row of the input the only one, unless it is.</summary>
    /// <param name="moved">Whether the input has moved to another row; if not, its values may have changed all the same.</param>
    public abstract void Refresh(bool moved);

    /// <summary>A <c>ValueGetter</c> for an added column of the current row.</summary>
    /// <param name="output">The added column's number.</param>
    public abstract Delegate CreateGetter(int output);
}

/// <summary>Rows that are scored together.</summary>
/// <param name="read">Reads the present row of the input.</param>
/// <param name="equal">Whether the model reads the same in two rows.</param>
/// <param name="outputs">The added columns.</param>
/// <param name="score">Scores some rows.</param>
internal sealed class ScoredRows<TInput, TResult>(
    Func<TInput> read, Func<TInput, TInput, bool> equal, IReadOnlyList<OutputColumn<TResult>> outputs,
    Func<IReadOnlyList<TInput>, TResult[]> score) : ScoredRows
{
    private readonly List<TInput> _inputs = [];
    private TResult[]? _results;

    public override void Clear()
    {
        _inputs.Clear();
        _results = null;
    }

    public override void Add()
    {
        _inputs.Add(read());
        _results = null;
    }

    public override void Refresh(bool moved)
    {
        TInput input = read();
        if (!moved && _inputs.Count == 1 && equal(_inputs[0], input))
            return;
        Clear();
        _inputs.Add(input);
    }

    public override Delegate CreateGetter(int output) => outputs[output].CreateGetter(() => (_results ??= score(_inputs))[Current]);
}
