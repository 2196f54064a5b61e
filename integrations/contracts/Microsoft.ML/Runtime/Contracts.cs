namespace Microsoft.ML.Runtime;

/// <summary>Checks of arguments and states, each with the type of exception that the real package throws.</summary>
internal static class Contracts
{
    private const string MarkKey = "ML_IsMarked";

    /// <summary>Whether an exception was made here: the catalog of components wraps those only.</summary>
    public static bool IsMarked(Exception exception) => exception?.Data.Contains(MarkKey) == true;

    public static Exception Except(string msg) => Mark(new InvalidOperationException(msg));

    public static Exception Except(this IExceptionContext ctx, string msg) => Except(msg);

    public static Exception Except(this IExceptionContext ctx, string msg, params object[] args) => ctx.Except(string.Format(msg, args));

    public static Exception Except(this IExceptionContext ctx, Exception inner, string msg) => Mark(new InvalidOperationException(msg, inner));

    public static Exception ExceptParam(string paramName, string msg) => Mark(new ArgumentOutOfRangeException(paramName, msg));

    public static Exception ExceptParam(this IExceptionContext ctx, string paramName, string msg) => ExceptParam(paramName, msg);

    public static Exception ExceptUserArg(this IExceptionContext ctx, string name, string msg) => ctx.ExceptParam(name, msg);

    public static Exception ExceptDecode(string msg) => Mark(new FormatException(msg));

    public static Exception ExceptDecode(this IExceptionContext ctx, string msg) => ExceptDecode(msg);

    public static Exception ExceptSchemaMismatch(string paramName, string columnRole, string columnName)
        => ExceptParam(paramName, $"Could not find {columnRole} column '{columnName}'");

    public static Exception ExceptSchemaMismatch(this IExceptionContext ctx, string paramName, string columnRole, string columnName)
        => ExceptSchemaMismatch(paramName, columnRole, columnName);

    public static Exception ExceptSchemaMismatch(string paramName, string columnRole, string columnName, string expectedType, string actualType)
        => ExceptParam(paramName, $"Schema mismatch for {columnRole} column '{columnName}': expected {expectedType}, got {actualType}");

    public static Exception ExceptSchemaMismatch(
        this IExceptionContext ctx, string paramName, string columnRole, string columnName, string expectedType, string actualType)
        => ctx.Process(ExceptSchemaMismatch(paramName, columnRole, columnName, expectedType, actualType));

    public static void Check(bool f, string msg)
    {
        if (!f)
            throw Except(msg);
    }

    public static void Check(this IExceptionContext ctx, bool f, string msg)
    {
        if (!f)
            throw ctx.Except(msg);
    }

    public static void CheckParam(bool f, string paramName, string msg = null)
    {
        if (!f)
            throw ExceptParam(paramName, msg);
    }

    public static void CheckParam(this IExceptionContext ctx, bool f, string paramName, string msg = null)
    {
        if (!f)
            throw ctx.ExceptParam(paramName, msg);
    }

    public static void CheckUserArg(this IExceptionContext ctx, bool f, string name, string msg = null) => ctx.CheckParam(f, name, msg);

    public static void CheckValue<T>(T val, string paramName)
        where T : class
        => ArgumentNullException.ThrowIfNull(val, paramName);

    public static void CheckValue<T>(this IExceptionContext ctx, T val, string paramName)
        where T : class
        => ArgumentNullException.ThrowIfNull(val, paramName);

    public static T CheckRef<T>(T val, string paramName)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(val, paramName);
        return val;
    }

    public static string CheckNonEmpty(string s, string paramName)
        => string.IsNullOrEmpty(s) ? throw ExceptParam(paramName, $"{paramName} cannot be null or empty") : s;

    public static string CheckNonEmpty(this IExceptionContext ctx, string s, string paramName) => CheckNonEmpty(s, paramName);

    public static void CheckDecode(bool f, string msg)
    {
        if (!f)
            throw ExceptDecode(msg);
    }

    public static void CheckDecode(this IExceptionContext ctx, bool f, string msg) => CheckDecode(f, msg);

    private static Exception Mark(Exception exception)
    {
        exception.Data[MarkKey] = 1;
        return exception;
    }
}
