using System.Runtime.InteropServices;

namespace Shared;

/// <summary>
/// Ctrl-C and SIGTERM as a request to stop after the step under way; a second one ends the process. So is SIGUSR1, which mpirun hands on
/// to its ranks: at the other two it gives them a second, and kills them.
/// </summary>
public sealed class StopSignal : IDisposable
{
    /// <summary>128 + SIGINT, as shells report it.</summary>
    public const int ExitCode = 130;

    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    /// <summary>Listens until it is disposed.</summary>
    public StopSignal()
    {
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask),
            .. Usr1 is { } usr1 ? [PosixSignalRegistration.Create((PosixSignal)usr1, Ask)] : Array.Empty<PosixSignalRegistration>(),
        ];
    }

    private static int? Usr1 => OperatingSystem.IsLinux() ? 10 : OperatingSystem.IsMacOS() ? 30 : null;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Signals do again what they do by default.</summary>
    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }
    }

    private void Ask(PosixSignalContext context)
    {
        context.Cancel = !source.IsCancellationRequested;
        source.Cancel();
    }
}
