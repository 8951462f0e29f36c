using System.Runtime.InteropServices;
using Inference.Cli;

using CancellationTokenSource interrupt = new();
Terminal terminal = Terminal.OpenSystem();
Console.CancelKeyPress += (_, press) =>
{
    if (terminal.OnInterrupt is { } end)
    {
        press.Cancel = true;
        end();
        return;
    }

    // The first Ctrl+C ends the work in order; a second one ends the process.
    press.Cancel = !interrupt.IsCancellationRequested;
    interrupt.Cancel();
};
using PosixSignalRegistration termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    interrupt.Cancel();
});
return await CommandLineApp.RunAsync(args, terminal, interrupt.Token);
