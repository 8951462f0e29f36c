using System.Globalization;

namespace Inference.Cpu;

/// <summary>Counts the cores this process may use. Threads that share a core share its multipliers, so that a second one gains nothing.</summary>
internal static class PhysicalCores
{
    private const string Topology = "/sys/devices/system/cpu";

    /// <summary>Cores that are in this process's affinity mask, and no more than its CPU quota pays for.</summary>
    /// <returns>At least 1; logical processors where the operating system does not show the cores.</returns>
    public static int CountAvailable()
    {
        // The runtime has already taken the affinity mask into account, and the quota of the control group, but that one rounded up.
        int processors = Environment.ProcessorCount;
        if (!OperatingSystem.IsLinux())
            return processors;
        try
        {
            int cores = CountLinux(Topology, AllowedProcessors(File.ReadLines("/proc/self/status")));
            int paid = (int)Math.Clamp(CpuQuota.Read(), 1, int.MaxValue);
            return Math.Min(paid, cores == 0 ? processors : Math.Min(cores, processors));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return processors;
        }
    }

    /// <summary>Counts distinct sets of hardware threads that share a core.</summary>
    /// <param name="topology">The folder with cpu0, cpu1, ...</param>
    /// <param name="processors">The logical processors that count.</param>
    internal static int CountLinux(string topology, IEnumerable<int> processors)
    {
        var cores = new HashSet<string>();
        foreach (int processor in processors)
        {
            string siblings = Path.Combine(topology, $"cpu{processor}", "topology", "thread_siblings_list");
            if (File.Exists(siblings))
                cores.Add(File.ReadAllText(siblings).Trim());
        }

        return cores.Count;
    }

    /// <summary>Reads the affinity mask from the lines of /proc/self/status, for example "Cpus_allowed_list: 0-3,8".</summary>
    internal static IEnumerable<int> AllowedProcessors(IEnumerable<string> status)
    {
        const string Key = "Cpus_allowed_list:";
        string list = status.FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) ?? Key;
        foreach (string range in list[Key.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            int first = int.Parse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture);
            int last = int.Parse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture);
            for (int processor = first; processor <= last; processor++)
                yield return processor;
        }
    }
}
