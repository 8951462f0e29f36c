using System.Buffers.Binary;

namespace Inference.Tests.Cli;

public class LogitsCommandTests
{
    [Fact]
    public async Task The_file_holds_one_float_for_each_token()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("logits.bin");
        CliRun run = await CliRun.Of("logits", TestData.Stories260K, "--tokens", "1,403,407,261,378", "--out", file, "--json");
        Assert.Equal(512, run.Json.GetProperty("vocabularySize").GetInt32());

        byte[] bytes = File.ReadAllBytes(file);
        byte[] reference = File.ReadAllBytes(TestData.Path("models/reference/stories260Ktok512.gguf.p0.logits_f64.bin"));
        Assert.Equal(512 * sizeof(float), bytes.Length);
        double difference = 0, size = 0;
        for (int i = 0; i < 512; i++)
        {
            double expected = BinaryPrimitives.ReadDoubleLittleEndian(reference.AsSpan(i * sizeof(double)));
            double actual = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
            difference += (expected - actual) * (expected - actual);
            size += expected * expected;
        }

        Assert.InRange(Math.Sqrt(difference / size), 0, 1e-4);
    }

    [Theory]
    [InlineData("1,512", "512")]
    [InlineData("-3", "-3")]
    public async Task Unknown_ids_are_named(string tokens, string expected)
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("logits", TestData.Stories260K, $"--tokens={tokens}", "--out", folder.File("l.bin"))).AssertError(expected);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_refused()
        => (await CliRun.Of("logits", TestData.Stories260K, "--tokens", "1", "--out", "/no/such/folder/l.bin")).AssertError("/no/such/folder");
}
