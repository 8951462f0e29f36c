using System.Text.Json;
using Inference.Cli;

namespace Inference.Tests.Cli;

public sealed class JsonTextTests
{
    [Fact]
    public void Values_are_written_as_they_are_in_order_and_what_is_null_is_left_out()
    {
        using JsonDocument given = JsonDocument.Parse("""{"b":[null,1.50]}""");
        Assert.Equal(
            """{"text":"a\"<é>","none":[],"many":[1,null,"x",{"y":true}],"short":-3,"big":18446744073709551615,"single":0.1,"double":0.1,"element":{"b":[null,1.50]}}""",
            JsonText.Write(new Dictionary<string, object?>
            {
                ["text"] = "a\"<é>",
                ["missing"] = null,
                ["none"] = Array.Empty<int>(),
                ["many"] = new object?[] { 1L, null, "x", new Dictionary<string, object?> { ["y"] = true, ["z"] = null } },
                ["short"] = (short)-3,
                ["big"] = ulong.MaxValue,
                ["single"] = 0.1f,
                ["double"] = 0.1,
                ["element"] = given.RootElement,
            }));
    }

    [Fact]
    public void What_json_cannot_say_is_refused()
    {
        Assert.Throws<ArgumentException>(() => JsonText.Write(new Dictionary<string, object?> { ["a"] = double.NaN }));
        Assert.Throws<ArgumentException>(() => JsonText.Write(new Dictionary<string, object?> { ["a"] = new object() }));
    }
}
