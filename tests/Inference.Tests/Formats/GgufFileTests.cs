using Inference.Formats;

namespace Inference.Tests.Formats;

public class GgufFileTests
{
    [Fact]
    public void Reads_a_real_model()
    {
        using GgufFile file = GgufFile.Open(TestData.Path("models/TinyStories-656K/TinyStories-656K.Q8_0.gguf"));

        Assert.Equal(20, file.Tensors.Count);
        Assert.Equal(26, file.Metadata.Count);
        Assert.Equal("llama", file.GetString("general.architecture"));
        Assert.Equal(128, file.GetInt32("llama.embedding_length"));
        Assert.Equal(1e4f, file.GetSingle("llama.rope.freq_base"));
        Assert.True(file.FindBoolean("tokenizer.ggml.add_bos_token"));
        Assert.Equal(2048, file.GetStrings("tokenizer.ggml.tokens").Count);
        Assert.Equal(2048, file.FindSingleArray("tokenizer.ggml.scores")!.Length);
        Assert.Equal(2048, file.FindInt32Array("tokenizer.ggml.token_type")!.Length);
        Assert.Equal([8], file.FindInt32Array("llama.attention.head_count")!);
        Assert.Null(file.FindString("general.absent"));

        StoredTensor up = file.Tensors["blk.1.ffn_up.weight"];
        Assert.Equal([384, 128], up.Shape);
        Assert.Equal(TensorType.Q8_0, up.Type);
        Assert.Equal(384L * 4 * 34, up.ByteLength);
        Assert.Equal(file.Tensors.Keys.Last(), up.Name);
    }

    [Fact]
    public void Weights_of_one_model_agree_between_formats()
    {
        using GgufFile gguf = GgufFile.Open(TestData.Path("models/TinyStories-656K/TinyStories-656K.BF16.gguf"));
        using SafetensorsModel safetensors = SafetensorsModel.Open(TestData.Path("models/TinyStories-656K"));

        float[] left = Row(gguf.Tensors["blk.1.ffn_down.weight"], 5);
        float[] right = Row(safetensors.Tensors["model.layers.1.mlp.down_proj.weight"], 5);

        Assert.Equal(384, left.Length);
        Assert.True(QuantVectors.RelativeError(right, left) < 0.004);
    }

    [Fact]
    public void Reads_a_large_vocabulary_without_a_string_for_each_entry()
    {
        string path = TestData.Path("vocab/ggml-vocab-gpt-2.gguf");
        GgufFile.Open(path).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();

        using GgufFile file = GgufFile.Open(path);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, new FileInfo(path).Length);
        GgufStrings tokens = file.GetStrings("tokenizer.ggml.tokens");
        Assert.Equal(50257, tokens.Count);
        Assert.Equal("!", tokens[0]);
        Assert.Equal("<|endoftext|>"u8, tokens.Utf8(50256));
        Assert.Equal(tokens[1000], tokens.Skip(1000).First());
        Assert.Equal(50000, file.GetStrings("tokenizer.ggml.merges").Count);
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void A_getter_names_file_key_and_place()
    {
        using GgufFile file = GgufFile.Open(TestData.Stories260K);

        ModelFormatException wrong = Assert.Throws<ModelFormatException>(() => file.GetInt32("general.name"));
        Assert.Equal((TestData.Stories260K, "general.name"), (wrong.Path, wrong.Field));
        Assert.True(wrong.Offset > 0);
        Assert.Contains("text found", wrong.Problem, StringComparison.Ordinal);

        ModelFormatException missing = Assert.Throws<ModelFormatException>(() => file.GetString("general.absent"));
        Assert.Equal("general.absent", missing.Field);

        Assert.Throws<ModelFormatException>(() => file.FindString("llama.block_count"));
        Assert.Throws<ModelFormatException>(() => file.FindBoolean("llama.block_count"));
        Assert.Throws<ModelFormatException>(() => file.FindStrings("general.name"));
        Assert.Throws<ModelFormatException>(() => file.FindSingle("general.name"));
        Assert.Throws<ModelFormatException>(() => file.FindInt32Array("tokenizer.ggml.scores"));
        Assert.Throws<ModelFormatException>(() => file.FindSingleArray("tokenizer.ggml.tokens"));
        Assert.Throws<ModelFormatException>(() => file.FindInt32("tokenizer.ggml.padding_token_id"));
    }

    [Fact]
    public void Version_2_is_read()
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("old.gguf", new GgufBytes(version: 2, values: 1).Value("a", 5).ToArray()));

        Assert.Equal(2u, file.Version);
        Assert.Equal(5, file.GetInt32("a"));
    }

    [Fact]
    public void Values_of_every_type_keep_their_bytes()
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("all.gguf", GgufCases.EveryValueType().ToArray()));

        Assert.Equal(0xFF, file.GetInt32("scalar_UInt8"));
        Assert.Equal(-1, file.GetInt32("scalar_Int8"));
        Assert.Equal(0xC0FF, file.GetInt32("scalar_UInt16"));
        Assert.True(file.FindBoolean("scalar_Bool"));
        Assert.Contains('\uFFFD', file.GetString("scalar_String"));
        Assert.Equal(0x7F80C0FF, file.GetInt32("scalar_UInt32"));
        Assert.Equal([0xFF, 0xC0, 0x80, 0x7F, 0xF1, 0x02, 0x03, 0xFE], file.GetStrings("array_String").Utf8(1).ToArray());
        Assert.Equal([-1, -64, -128, 127, -15, 2, 3, -2], file.FindInt32Array("array_Int8")!);
        Assert.Empty(file.GetStrings("empty"));
        Assert.Throws<ModelFormatException>(() => file.FindInt32Array("array_UInt32"));
        Assert.Throws<ModelFormatException>(() => file.GetInt32("scalar_UInt64"));

        Assert.True(file.Metadata["array_UInt16"].TryGetArray(out ReadOnlySpan<ushort> numbers));
        Assert.Equal(0xC0FF, numbers[0]);
        Assert.False(file.Metadata["array_UInt16"].TryGetArray(out ReadOnlySpan<short> _));
    }

    [Fact]
    public void What_is_not_a_file_is_refused()
    {
        using TemporaryFolder folder = new();

        Assert.Throws<FileNotFoundException>(() => GgufFile.Open(folder.PathOf("absent.gguf")));
        Assert.Throws<ModelFormatException>(() => GgufFile.Open(folder.Path));
        Assert.Throws<ModelFormatException>(() => GgufFile.Open(folder.Write("empty.gguf", "")));
    }

    [Fact]
    public void Disposing_twice_does_no_harm()
    {
        GgufFile file = GgufFile.Open(TestData.Stories260K);
        file.Dispose();
        file.Dispose();
        Assert.Equal(48, file.Tensors.Count);
    }

    private static float[] Row(StoredTensor tensor, int row)
    {
        float[] values = new float[tensor.Columns];
        BlockFormat.Dequantize(tensor.Type, tensor.Row(row), values);
        return values;
    }
}
