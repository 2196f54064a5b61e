using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>What a row says to a caller that asks for the wrong thing.</summary>
internal static class RowErrors
{
    public const string NoRow = "Values cannot be fetched at this time. This method was called either before the first call to MoveNext(), or at any point after MoveNext() returned false.";

    public static ValueGetter<TValue> Cast<TValue>(Delegate getter, DataViewSchema.Column column)
    {
        Contracts.CheckParam(getter is not null, nameof(column), "requested column not active");
        return getter as ValueGetter<TValue> ?? throw Contracts.Except(
            $"Invalid TValue: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");
    }
}
