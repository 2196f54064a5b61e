using System.Runtime.InteropServices;
using RetNet.Extensions.Tool;

using CancellationTokenSource interrupted = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using ToolConsole console = ToolConsole.OfProcess();
return await RetNetCommand.RunAsync(args, console, interrupted.Token).ConfigureAwait(false);

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}
