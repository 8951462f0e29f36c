using System.Globalization;

namespace Inference.Cpu;

/// <summary>How much processor time the control groups of this process pay for (Linux, both versions of control groups).</summary>
/// <remarks>
/// The runtime rounds a quota up when it counts processors. A team with a thread more than the quota pays for uses it up before a period
/// ends and then stands still in the middle of a step; so here it counts as it is.
/// </remarks>
internal static class CpuQuota
{
    /// <summary>Processors' worth of time, the least of the process's groups and those above them; infinite where nothing limits it.</summary>
    /// <param name="root">The folder that stands for the file system's root.</param>
    public static double Read(string root = "/")
    {
        string groups = Path.Combine(root, "proc/self/cgroup");
        string mount = Path.Combine(root, "sys/fs/cgroup");
        double least = double.PositiveInfinity;
        foreach (string line in File.Exists(groups) ? File.ReadAllLines(groups) : [])
        {
            // "0::/path" in version 2; "4:cpu,cpuacct:/path" in version 1.
            if (line.Split(':', 3) is not [_, var controllers, var path])
                continue;
            if (controllers.Length == 0)
                least = Math.Min(least, LeastFrom(mount, path, UnifiedLimit));
            else if (controllers.Split(',').Contains("cpu"))
                least = Math.Min(least, Math.Min(LeastFrom(Path.Combine(mount, "cpu"), path, LegacyLimit), LeastFrom(Path.Combine(mount, controllers), path, LegacyLimit)));
        }

        return least;
    }

    // A container may see its own group as the root: where the path does not exist, only the folders above it count.
    private static double LeastFrom(string mount, string path, Func<string, double> limit)
    {
        double least = double.PositiveInfinity;
        string relative = path.Contains("..", StringComparison.Ordinal) ? "" : path.Trim('/');
        while (true)
        {
            least = Math.Min(least, limit(Path.Combine(mount, relative)));
            if (relative.Length == 0)
                return least;
            relative = relative[..Math.Max(0, relative.LastIndexOf('/'))];
        }
    }

    private static double UnifiedLimit(string folder)
    {
        string file = Path.Combine(folder, "cpu.max");
        return File.Exists(file) && File.ReadAllText(file).Split(' ', StringSplitOptions.TrimEntries) is [var quota, var period] ? Ratio(quota, period) : double.PositiveInfinity;
    }

    private static double LegacyLimit(string folder)
    {
        string quota = Path.Combine(folder, "cpu.cfs_quota_us");
        string period = Path.Combine(folder, "cpu.cfs_period_us");
        return File.Exists(quota) && File.Exists(period) ? Ratio(File.ReadAllText(quota).Trim(), File.ReadAllText(period).Trim()) : double.PositiveInfinity;
    }

    // No limit is "max", or a negative number.
    private static double Ratio(string quota, string period) =>
        long.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out long used) && used > 0
        && long.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out long of) && of > 0
            ? (double)used / of
            : double.PositiveInfinity;
}
