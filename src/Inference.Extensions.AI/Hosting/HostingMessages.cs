using Microsoft.Extensions.Logging;

namespace Inference.Extensions.AI.Hosting;

/// <summary>What the host's log is told.</summary>
internal static partial class HostingMessages
{
    [LoggerMessage(1, LogLevel.Information, "{Engine} loads {Path}")]
    public static partial void Loading(ILogger logger, EngineName engine, string path);

    [LoggerMessage(2, LogLevel.Information, "{Engine} is ready ({Model})")]
    public static partial void Ready(ILogger logger, EngineName engine, string model);

    [LoggerMessage(3, LogLevel.Warning, "{Engine} had {Requests} requests left when the host's time to stop was over; they were cancelled")]
    public static partial void StoppedEarly(ILogger logger, EngineName engine, int requests);

    [LoggerMessage(4, LogLevel.Warning, "The chat template of {Model} refuses a user's message: {Reason}")]
    public static partial void TemplateRefuses(ILogger logger, string model, string reason);
}
