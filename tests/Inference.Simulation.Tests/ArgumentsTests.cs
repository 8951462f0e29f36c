namespace Inference.Simulation.Tests;

public class ArgumentsTests
{
    [Fact]
    public void Options_are_read_and_defaults_stand_in()
    {
        Arguments arguments = new(["file", "--a", "3", "--b", "1,2.5", "--c", "off"]);
        Assert.Equal("file", arguments.File);
        Assert.Equal(3, arguments.Whole("--a", 1));
        Assert.Equal([1, 2.5], arguments.Numbers("--b", "7"));
        Assert.False(arguments.Flag("--c", true));
        Assert.Equal([4, 5], arguments.Wholes("--d", "4,5"));
        arguments.RefuseOthers();
    }

    [Fact]
    public void What_cannot_be_honoured_is_refused_by_name()
    {
        Assert.Contains("--x", Assert.Throws<ArgumentException>(() => new Arguments(["--x"])).Message, StringComparison.Ordinal);
        Assert.Contains("--x", Assert.Throws<ArgumentException>(() => new Arguments(["--x", "1", "--x", "2"])).Message, StringComparison.Ordinal);
        Assert.Contains("--x", Assert.Throws<ArgumentException>(() => new Arguments(["--x", "1"]).RefuseOthers()).Message, StringComparison.Ordinal);
        Assert.Contains("--x", Assert.Throws<ArgumentException>(() => new Arguments(["--x", "0"]).Whole("--x", 1)).Message, StringComparison.Ordinal);
        Assert.Contains("--x", Assert.Throws<ArgumentException>(() => new Arguments(["--x", "NaN"]).Number("--x", 1)).Message, StringComparison.Ordinal);
        Assert.Contains("--x", Assert.Throws<ArgumentException>(() => new Arguments(["--x", "maybe"]).Flag("--x", true)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Arguments([]).File);
    }
}
