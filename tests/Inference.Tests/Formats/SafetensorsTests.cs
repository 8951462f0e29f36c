using System.Text.Json;
using Inference.Formats;

namespace Inference.Tests.Formats;

public class SafetensorsTests
{
    private const string TwoTensors =
        """{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I8","shape":[5],"data_offsets":[24,29]}}   """;

    [Fact]
    public void Reads_a_real_model()
    {
        using SafetensorsModel model = SafetensorsModel.Open(TestData.Path("models/TinyStories-656K"));

        Assert.Equal(128, model.Config!.Value.GetProperty("hidden_size").GetInt32());
        Assert.Equal([2048, 128], model.Tensors["lm_head.weight"].Shape);
        Assert.Equal(TestData.Path("models/TinyStories-656K"), model.Folder);
        Assert.Equal(new FileInfo(TestData.Path("models/TinyStories-656K/model.safetensors")).Length, model.ByteLength);
    }

    [Fact]
    public void A_single_file_is_read_in_header_order()
    {
        using TemporaryFolder folder = new();
        using SafetensorsModel model = SafetensorsModel.Open(folder.Write("x.safetensors", SafetensorsBytes.File(TwoTensors, 29)));

        Assert.Equal(["w", "b"], model.Tensors.Keys);
        Assert.Equal([12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23], model.Tensors["w"].Row(1).ToArray());
        Assert.Equal(TensorType.I8, model.Tensors["b"].Type);
        Assert.Null(model.Config);
    }

    [Fact]
    public void Shards_are_put_together()
    {
        using TemporaryFolder folder = new();
        folder.Write("one.safetensors", SafetensorsBytes.File("""{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}""", 4));
        folder.Write("two.safetensors", SafetensorsBytes.File("""{"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}""", 8));
        folder.Write("config.json", """{"model_type": "llama"}""");
        folder.Write("model.safetensors.index.json",
            """{"metadata":{"total_size":12},"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}""");

        using ModelFile model = ModelFile.Open(folder.Path);

        SafetensorsModel safetensors = Assert.IsType<SafetensorsModel>(model);
        Assert.Equal(["b", "a"], model.Tensors.Keys);
        Assert.Equal([0, 1, 2, 3], model.Tensors["a"].Row(0).ToArray());
        Assert.Equal(1, model.Tensors["b"].ElementCount);
        Assert.Equal("llama", safetensors.Config!.Value.GetProperty("model_type").GetString());
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}""", 12, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,16]}}""", 8, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "w")]
    [InlineData("""{"w":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2, "w")]
    [InlineData("""{"w":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", 2, "w")]
    [InlineData("""{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", 8, "w")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2]}}""", 8, "w")]
    [InlineData("""{"w":[]}""", 0, "w")]
    [InlineData("""{"w":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"v":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}}""", 3, "v")]
    [InlineData("""{"w":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"v":{"dtype":"I8","shape":[2],"data_offsets":[3,5]}}""", 5, "v")]
    [InlineData("""{"w":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}}""", 4, "w")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "a")]
    [InlineData("""{"w":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}""", 3, null)]
    [InlineData("""{"w":{"dtype":"I8","shape":[[[[2]]]],"data_offsets":[0,2]}}""", 2, "w")]
    [InlineData("""{"\ud800":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}""", 2, null)]
    [InlineData("""{} {}""", 0, null)]
    [InlineData("""[]""", 0, null)]
    [InlineData("""{"w":""", 0, null)]
    [InlineData("", 0, null)]
    public void A_bad_header_is_refused(string header, int data, string? field)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.safetensors", SafetensorsBytes.File(header, data));

        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(path).Dispose());

        Assert.Equal(path, refusal.Path);
        Assert.Equal(field, refusal.Field);
        Assert.InRange(refusal.Offset, 0, new FileInfo(path).Length);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1ul << 40)]
    [InlineData(9ul)]
    public void A_header_longer_than_the_file_is_refused(ulong length)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.safetensors", [.. BitConverter.GetBytes(length), .. "{}      "u8]);

        Assert.Equal(0, Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(path).Dispose()).Offset);
    }

    [Theory]
    [InlineData("../x.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("C:x.safetensors")]
    [InlineData("sub\\\\x.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("x\\u0000.safetensors")]
    public void A_shard_outside_the_folder_is_refused(string shard)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.safetensors.index.json", $$$"""{"weight_map":{"w":"{{{shard}}}"}}""");

        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(path).Dispose());

        Assert.Equal("w", refusal.Field);
        Assert.Contains("plain file name", refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_shard_and_a_missing_tensor_are_named()
    {
        using TemporaryFolder folder = new();
        folder.Write("x.safetensors", SafetensorsBytes.File(TwoTensors, 29));
        string index = folder.Write("model.safetensors.index.json", """{"weight_map":{"w":"x.safetensors","v":"y.safetensors"}}""");
        ModelFormatException missing = Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(folder.Path).Dispose());
        Assert.Equal((index, "v"), (missing.Path, missing.Field));
        Assert.Contains("y.safetensors", missing.Problem, StringComparison.Ordinal);

        folder.Write("model.safetensors.index.json", """{"weight_map":{"u":"x.safetensors"}}""");
        missing = Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(folder.Path).Dispose());
        Assert.Equal("u", missing.Field);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\n \"a\": 1,\n \"a\": 2}")]
    [InlineData("{\"a\": \"\\ud800\"}")]
    public void A_bad_config_is_refused(string config)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.safetensors", SafetensorsBytes.File(TwoTensors, 29));
        folder.Write("config.json", config);

        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(path).Dispose());

        Assert.EndsWith("config.json", refusal.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deep_or_long_config_is_refused()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.safetensors", SafetensorsBytes.File(TwoTensors, 29));
        folder.Write("config.json", new string('[', 100_000));
        Assert.IsAssignableFrom<JsonException>(
            Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(path).Dispose()).InnerException);

        folder.Write("config.json", "{\"a\": \"" + new string('x', 5 << 20) + "\"}");
        Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(path).Dispose());
    }
}
