using RetNet.Extensions.Tool;

using ToolConsole console = ToolConsole.OfProcess();
return await RetNetCommand.RunAsync(args, console).ConfigureAwait(false);
