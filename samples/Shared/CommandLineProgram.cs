using System.CommandLine;

namespace Shared;

/// <summary>
/// How every program here ends: 0; 1 and a message where it could not be carried out; 2 where the command line makes no sense; 130 where
/// it was stopped. No stack traces for what a user can put right.
/// </summary>
public static class CommandLineProgram
{
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
            Console.Error.WriteLine("Stopped.");
            return StopSignal.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return UserException.Failure;
        }
    }
}
