using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

internal class Pipe<TMessage>(string name, Action<string, TMessage> send) : IPipe<TMessage>
{
    public string ContextDescription => name;

    public TException Process<TException>(TException ex)
        where TException : Exception
        => ex;

    public void Send(TMessage msg) => send(name, msg);

    public virtual void Dispose()
    {
    }
}
