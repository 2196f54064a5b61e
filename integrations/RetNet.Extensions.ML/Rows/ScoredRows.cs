namespace RetNet.Extensions.ML.Rows;

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
