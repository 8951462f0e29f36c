using Inference.Cli;

namespace Inference.Tests.Cli;

public class AtomicFileTests
{
    [Fact]
    public void A_device_is_never_replaced_by_a_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Devices are not files there.");
        using TemporaryFolder folder = new();
        string link = folder.File("link");
        File.CreateSymbolicLink(link, "/dev/null");
        Assert.Throws<UserErrorException>(() => AtomicFile.CheckTarget("/dev/null"));
        Assert.Throws<UserErrorException>(() => AtomicFile.CheckTarget(link));
    }

    [Fact]
    public async Task What_goes_to_a_device_is_written_to_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Devices are not files there.");
        string? given = null;
        await AtomicFile.WriteAsync("/dev/null", path =>
        {
            given = path;
            return Task.CompletedTask;
        });
        Assert.Equal("/dev/null", given);
    }

    [Fact]
    public async Task A_link_stays_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("file"), "old", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder.File("link"), folder.File("file"));
        await AtomicFile.WriteAsync(folder.File("link"), path => File.WriteAllTextAsync(path, "new", TestContext.Current.CancellationToken));
        Assert.Equal("new", await File.ReadAllTextAsync(folder.File("file"), TestContext.Current.CancellationToken));
        Assert.NotNull(new FileInfo(folder.File("link")).LinkTarget);
    }

    [Fact]
    public void Links_to_folders_are_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("real"));
        Directory.CreateSymbolicLink(folder.File("alias"), folder.File("real"));
        File.WriteAllText(folder.File("real/a"), "");
        Assert.Equal(AtomicFile.RealPath(folder.File("real/a")), AtomicFile.RealPath(folder.File("alias/a")));
        Assert.Equal(AtomicFile.RealPath(folder.File("real/b")), AtomicFile.RealPath(folder.File("alias/b")));
    }
}
