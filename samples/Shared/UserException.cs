namespace Shared;

/// <summary>Something the user can put right: shown as one message, without a stack trace.</summary>
public sealed class UserException(string message, int exitCode = UserException.Failure) : Exception(message)
{
    /// <summary>The run could not be carried out.</summary>
    public const int Failure = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>The process's exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
