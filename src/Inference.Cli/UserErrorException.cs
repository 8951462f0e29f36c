namespace Inference.Cli;

/// <summary>What was asked for cannot be done; the message says why in one line.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
