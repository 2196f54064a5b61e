using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Python's sorting: values that are equal keep their order, and values without an order are an error.</summary>
internal static class Sorting
{
    public static List<object?> Sort(IReadOnlyList<object?> items, IReadOnlyList<object?> keys, bool descending, Budget budget)
    {
        budget.Objects(items.Count);
        Comparer<object?> order = Comparer<object?>.Create((left, right) =>
        {
            budget.Step();
            return Values.Compare(left, right, budget);
        });
        IEnumerable<int> indices = Enumerable.Range(0, items.Count);
        IOrderedEnumerable<int> sorted = descending
            ? indices.OrderByDescending(index => keys[index], order)
            : indices.OrderBy(index => keys[index], order);
        try
        {
            return [.. sorted.Select(index => items[index])];
        }
        // .NET's sorting wraps what a comparison throws.
        catch (InvalidOperationException e) when (e.InnerException is TemplateFailure failure)
        {
            throw new TemplateFailure(failure.Message);
        }
    }
}
