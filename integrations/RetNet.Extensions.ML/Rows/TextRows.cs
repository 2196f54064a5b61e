namespace RetNet.Extensions.ML.Rows;

/// <summary>The texts of some rows and, once a result of one of them is requested, the model's results for all of them.</summary>
internal abstract class TextRows
{
    /// <summary>The row whose values the getters give.</summary>
    public int Current { get; set; }

    /// <summary>Removes all rows.</summary>
    public abstract void Clear();

    /// <summary>Adds a row.</summary>
    /// <param name="texts">One text per text column.</param>
    public abstract void Add(string[] texts);

    /// <summary>A <c>ValueGetter</c> for an added column of the current row.</summary>
    /// <param name="output">The added column's number.</param>
    public abstract Delegate CreateGetter(int output);
}

/// <summary>Rows whose texts are scored together.</summary>
/// <param name="outputs">The added columns.</param>
/// <param name="score">Scores the texts of some rows.</param>
internal sealed class ScoredRows<TResult>(
    IReadOnlyList<OutputColumn<TResult>> outputs, Func<IReadOnlyList<string[]>, TResult[]> score) : TextRows
{
    private readonly List<string[]> _texts = [];
    private TResult[]? _results;

    public override void Clear()
    {
        _texts.Clear();
        _results = null;
    }

    public override void Add(string[] texts)
    {
        _texts.Add(texts);
        _results = null;
    }

    public override Delegate CreateGetter(int output) => outputs[output].CreateGetter(() => (_results ??= score(_texts))[Current]);
}
