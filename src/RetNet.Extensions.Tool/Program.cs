using System.Runtime.InteropServices;
using RetNet.Extensions.Tool;

using ToolConsole console = ToolConsole.OfProcess();
try
{
    using CancellationTokenSource interrupted = new();
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
    using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
    return await RetNetCommand.RunAsync(args, console, interrupted.Token).ConfigureAwait(false);

    void Interrupt(PosixSignalContext signal)
    {
        signal.Cancel = true;
        interrupted.Cancel();
    }
}
catch (Exception exception) when (MemoryFailure.IsIn(exception))
{
    console.Error.WriteLine(MemoryFailure.Message);
    return RetNetCommand.Failure;
}
