using System.Collections.Concurrent;
using System.Reflection;
using Inference.Tests;
using Xunit.v3;

[assembly: HungTest]

namespace Inference.Tests;

/// <summary>Ends the process, with the names of the tests that run, when one has run for longer than any can: otherwise a test that waits for ever waits silently.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class HungTestAttribute : BeforeAfterTestAttribute
{
    // The longest takes about a minute, ten on a machine that has much else to do.
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(20);

    private static readonly ConcurrentDictionary<string, long> _started = new();

    private static readonly Timer _watch = new(_ => Look(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    public override ValueTask Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        _started[test.UniqueID + " " + test.TestDisplayName] = Environment.TickCount64;
        GC.KeepAlive(_watch);
        return ValueTask.CompletedTask;
    }

    public override ValueTask After(MethodInfo methodUnderTest, IXunitTest test)
    {
        _started.TryRemove(test.UniqueID + " " + test.TestDisplayName, out _);
        return ValueTask.CompletedTask;
    }

    private static void Look()
    {
        long now = Environment.TickCount64;
        string[] running = [.. _started.OrderBy(test => test.Value).Select(test => $"{test.Key[(test.Key.IndexOf(' ', StringComparison.Ordinal) + 1)..]} for {(now - test.Value) / 1000} s")];
        if (_started.Any(test => now - test.Value > _longest.TotalMilliseconds))
            Environment.FailFast("A test hangs. Running: " + string.Join("; ", running));
    }
}
