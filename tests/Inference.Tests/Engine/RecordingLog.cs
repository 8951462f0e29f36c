using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Inference.Tests.Engine;

/// <summary>Keeps what is logged: category, level and text.</summary>
internal sealed class RecordingLog : ILoggerFactory
{
    public ConcurrentQueue<(string Category, LogLevel Level, string Text)> Messages { get; } = [];

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(RecordingLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Messages.Enqueue((category, logLevel, formatter(state, exception)));
    }
}
