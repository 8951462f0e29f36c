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

    private static readonly ConcurrentDictionary<string, (string Name, long Since)> _started = new();

    private static readonly Timer _watch = new(_ => Look(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        _started[test.UniqueID] = (test.TestDisplayName, Environment.TickCount64);
        GC.KeepAlive(_watch);
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        _started.TryRemove(test.UniqueID, out _);
    }

    private static void Look()
    {
        long now = Environment.TickCount64;
        (string Name, long Since)[] running = [.. _started.Values.OrderBy(test => test.Since)];
        if (running.Length == 0 || now - running[0].Since <= _longest.TotalMilliseconds)
            return;
        // What a crashed process says is not always shown; a file beside the tests is there to be read.
        string message = "A test hangs. Running: " + string.Join("; ", running.Select(test => $"{test.Name} for {(now - test.Since) / 1000} s"));
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "hung-tests.txt"), message);
        Environment.FailFast(message);
    }
}
