namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>A request was refused because its state alone could grow beyond the whole budget of the scheduler.</summary>
public sealed class StateBudgetException : ArgumentException
{
    internal StateBudgetException(long requiredBytes, long budgetBytes, string message, string parameter)
        : base(message, parameter) => (RequiredBytes, BudgetBytes) = (requiredBytes, budgetBytes);

    /// <summary>Bytes that the state may need at its end.</summary>
    public long RequiredBytes { get; }

    /// <summary>Bytes of the budget.</summary>
    public long BudgetBytes { get; }
}
