using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace RetNet.Extensions.AI.Requests;

/// <summary>Warns of what is left out of account in requests to a model, each once.</summary>
/// <param name="logger">Gets the warnings.</param>
/// <param name="model">The name of the model.</param>
internal sealed partial class RequestWarnings(ILogger logger, string model)
{
    // Requests are foreign, so that there is a limit.
    private const int MostLogged = 1_000;
    private readonly ConcurrentDictionary<string, bool> _logged = [];

    /// <summary>Warns of functions whose schemas cannot be kept.</summary>
    public void Unconstrained(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            if (IsNew(problem))
                LogUnconstrained(problem, model);
        }
    }

    /// <summary>Warns of keys of <see cref="AdditionalPropertiesDictionary"/> that mean nothing.</summary>
    public void Unknown(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            if (IsNew(key))
                LogUnknown(key, model);
        }
    }

    /// <summary>The options that a request brings of the kind that is read; null if there are none. Warns of those of another
    /// kind.</summary>
    public T? Raw<T>(object? raw)
        where T : class
    {
        if (raw is not (null or T) && IsNew(raw.GetType().ToString()))
            LogUnknownOptions(raw.GetType(), model, typeof(T).Name);
        return raw as T;
    }

    private bool IsNew(string problem) => _logged.Count < MostLogged && _logged.TryAdd(problem, true);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning,
        Message = "{Problem} Model {Model} may call it with any arguments. It is not logged again.")]
    private partial void LogUnconstrained(string problem, string model);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
        Message = "The setting {Key} means nothing to model {Model} and is ignored. It is not logged again.")]
    private partial void LogUnknown(string key, string model);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning,
        Message = "RawRepresentationFactory gives a {Type}, which means nothing to model {Model} and is ignored; it reads {Expected}. "
            + "It is not logged again.")]
    private partial void LogUnknownOptions(Type type, string model, string expected);
}
