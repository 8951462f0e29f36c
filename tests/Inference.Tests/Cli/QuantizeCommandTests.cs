using Inference.Formats;

namespace Inference.Tests.Cli;

public class QuantizeCommandTests
{
    [Theory]
    [InlineData("F16", 1)]
    [InlineData("BF16", 32)]
    [InlineData("Q8_0", 7)]
    [InlineData("Q4_0", 2)]
    public async Task Matrices_change_and_vectors_and_metadata_stay(string type, int fileType)
    {
        using TemporaryFolder folder = new();
        string to = folder.File("out.gguf");
        CliRun run = await CliRun.Of("quantize", TestData.Stories260K, to, "--type", type, "--json");
        Assert.Equal(new FileInfo(to).Length, run.Json.GetProperty("bytes").GetInt64());

        using GgufFile before = GgufFile.Open(TestData.Stories260K);
        using GgufFile after = GgufFile.Open(to);
        Assert.Equal(before.Tensors.Keys, after.Tensors.Keys);
        Assert.Equal(fileType, after.GetInt32("general.file_type"));
        foreach ((string key, GgufValue value) in before.Metadata.Where(pair => !pair.Key.StartsWith("general.", StringComparison.Ordinal)))
            Assert.Equal(value.ToString(), after.Metadata[key].ToString());
        foreach (StoredTensor tensor in after.Tensors.Values)
        {
            StoredTensor original = before.Tensors[tensor.Name];
            Assert.Equal(original.Shape, tensor.Shape);
            if (tensor.Shape.Length == 1)
                Assert.Equal(TensorType.F32, tensor.Type);
            else
                Assert.True(Error(original, tensor) < (type == "Q4_0" ? 0.12 : 0.01), tensor.Name);
        }

        Assert.Equal(type, after.Tensors["blk.0.attn_q.weight"].Type.ToString());
    }

    [Fact]
    public async Task Rows_that_do_not_divide_become_another_type_and_are_named()
    {
        using TemporaryFolder folder = new();
        string to = folder.File("out.gguf");
        // Rows of 64 divide into blocks of 32 but not of 256, and rows of 172 into neither.
        CliRun run = await CliRun.Of("quantize", TestData.Stories260K, to, "--type", "Q4_K");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("rows of 64", run.Error, StringComparison.Ordinal);
        using GgufFile file = GgufFile.Open(to);
        Assert.Equal(TensorType.Q5_0, file.Tensors["blk.0.attn_q.weight"].Type);
        Assert.Equal(TensorType.F16, file.Tensors["blk.0.ffn_down.weight"].Type);
    }

    [Fact]
    public async Task A_file_is_not_written_over_itself()
    {
        using TemporaryFolder folder = new();
        string model = folder.File("model.gguf");
        File.Copy(TestData.Stories260K, model);
        File.CreateSymbolicLink(folder.File("link.gguf"), model);
        (await CliRun.Of("quantize", model, model, "--type", "Q8_0")).AssertError("model.gguf");
        (await CliRun.Of("quantize", model, folder.File("link.gguf"), "--type", "Q8_0")).AssertError("model.gguf");
        Assert.Equal(File.ReadAllBytes(TestData.Stories260K), File.ReadAllBytes(model));
    }

    [Fact]
    public async Task What_cannot_be_written_is_refused()
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("quantize", TestData.Stories260K, folder.File("o.gguf"), "--type", "Q2_K")).AssertError("Q6_K");
        (await CliRun.Of("quantize", TestData.Stories260K, folder.File("no/folder.gguf"), "--type", "Q8_0")).AssertError("folder");
        (await CliRun.Of("quantize", TestData.Path("vocab/ggml-vocab-gpt-2.gguf"), folder.File("o.gguf"), "--type", "Q8_0")).AssertError("no weights");
        (await CliRun.Of("quantize", TestData.Path("data.txt"), folder.File("o.gguf"), "--type", "Q8_0")).AssertError("data.txt");
        Assert.Empty(folder.Names);
    }

    // Of the whole tensor, relative to its size.
    private static double Error(StoredTensor expected, StoredTensor actual)
    {
        double difference = 0, size = 0;
        float[] e = new float[expected.Columns];
        float[] a = new float[expected.Columns];
        for (int row = 0; row < expected.Rows; row++)
        {
            BlockFormat.Dequantize(expected.Type, expected.Row(row), e);
            BlockFormat.Dequantize(actual.Type, actual.Row(row), a);
            difference += e.Zip(a, (x, y) => (double)(x - y) * (x - y)).Sum();
            size += e.Sum(x => (double)x * x);
        }

        return Math.Sqrt(difference / size);
    }
}
