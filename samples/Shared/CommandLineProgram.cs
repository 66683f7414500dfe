using System.CommandLine;
using System.Runtime.InteropServices;

namespace Shared;

/// <summary>
/// How every program here ends: 0; 1 and a message where it could not be carried out; 2 where the command line makes no sense; 130 where
/// it was stopped. No stack traces for what a user can put right.
/// </summary>
/// <remarks>
/// A <see cref="StopSignal"/> lets the step under way come to its end; Ctrl-C that none takes ends the process at once, wherever it is.
/// It may: files are written whole or not at all, or line by line.
/// </remarks>
public static class CommandLineProgram
{
    private const string Stopped = "Stopped.";

    /// <summary>Carries out a command line.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run(RootCommand command, string[] args)
    {
        var given = command.Parse(args);
        if (given.Errors.Count > 0)
        {
            // The library would print its whole help below the message.
            Console.Error.WriteLine(string.Join(Environment.NewLine, given.Errors.Select(error => error.Message)));
            Console.Error.WriteLine("See --help.");
            return UserException.Usage;
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, SayStopped);
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, SayStopped);
        try
        {
            return given.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // Ctrl-C is StopSignal's.
            });
        }
        catch (UserException e)
        {
            Console.Error.WriteLine(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(Stopped);
            return StopSignal.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return UserException.Failure;
        }
    }

    /// <summary>Handlers are called from the newest to the oldest, so this one after a StopSignal's. What comes after it is the
    /// system's: it ends the process, which shells report as 128 and the signal's number.</summary>
    private static void SayStopped(PosixSignalContext signal)
    {
        if (!signal.Cancel) Console.Error.WriteLine(Stopped);
    }
}
