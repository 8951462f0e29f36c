using Inference.Cpu;

namespace Inference.Tests.Cpu;

public sealed class CpuQuotaTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("max 100000\n", double.PositiveInfinity)]
    [InlineData("150000 100000\n", 1.5)]
    [InlineData("50000 100000", 0.5)]
    [InlineData("nonsense", double.PositiveInfinity)]
    [InlineData("5 0", double.PositiveInfinity)]
    public void The_unified_hierarchy_states_a_quota_or_none(string content, double expected)
    {
        Write("proc/self/cgroup", "0::/a/b\n");
        Write("sys/fs/cgroup/a/b/cpu.max", content);
        Assert.Equal(expected, CpuQuota.Read(_root));
    }

    [Fact]
    public void The_least_of_a_group_and_those_above_it_counts()
    {
        Write("proc/self/cgroup", "0::/a/b\n");
        Write("sys/fs/cgroup/a/b/cpu.max", "400000 100000");
        Write("sys/fs/cgroup/a/cpu.max", "250000 100000");
        Write("sys/fs/cgroup/cpu.max", "max 100000");
        Assert.Equal(2.5, CpuQuota.Read(_root));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cpu,cpuacct")]
    public void The_legacy_hierarchy_states_quota_and_period(string folder)
    {
        Write("proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/docker/1\n0::/docker/1\n");
        Write($"sys/fs/cgroup/{folder}/docker/1/cpu.cfs_quota_us", "300000\n");
        Write($"sys/fs/cgroup/{folder}/docker/1/cpu.cfs_period_us", "100000\n");
        Assert.Equal(3, CpuQuota.Read(_root));
        Write($"sys/fs/cgroup/{folder}/docker/1/cpu.cfs_quota_us", "-1\n");
        Assert.Equal(double.PositiveInfinity, CpuQuota.Read(_root));
    }

    [Fact]
    public void A_container_that_does_not_see_its_path_reads_its_root()
    {
        Write("proc/self/cgroup", "0::/../host/path\n");
        Write("sys/fs/cgroup/cpu.max", "200000 100000");
        Assert.Equal(2, CpuQuota.Read(_root));
    }

    [Fact]
    public void Without_control_groups_nothing_limits() => Assert.Equal(double.PositiveInfinity, CpuQuota.Read(_root));

    private void Write(string path, string content)
    {
        string file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }
}
