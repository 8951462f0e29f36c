using System.Text.Json;
using Inference.Formats;

namespace Inference.Tests.Formats;

public class GgufMalformedTests
{
    public static TheoryData<string> Rejected => [.. GgufCases.Rejected.Keys];

    public static TheoryData<string> Accepted => [.. GgufCases.Accepted.Keys];

    [Theory]
    [MemberData(nameof(Rejected))]
    public void Refuses(string name)
    {
        ModelFormatException refusal = OpenRefused(GgufCases.Rejected[name]());

        Assert.EndsWith("file.gguf", refusal.Path, StringComparison.Ordinal);
        Assert.StartsWith(refusal.Path, refusal.Message, StringComparison.Ordinal);
        Assert.InRange(refusal.Offset, 0, 512);
        Assert.Contains($"at byte {refusal.Offset}", refusal.Message, StringComparison.Ordinal);
        if (name.StartsWith("DATA_", StringComparison.Ordinal) || name.StartsWith("TENSORS_BAD_T", StringComparison.Ordinal))
            Assert.NotNull(refusal.Field);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Accepts(string name)
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("file.gguf", GgufCases.Accepted[name]().ToArray()));

        Assert.Equal(3u, file.Version);
        Assert.Equal(name.Contains("CUSTOM_ALIGN", StringComparison.Ordinal) ? 1 : 32, file.Alignment);
        if (name.StartsWith("DATA_", StringComparison.Ordinal))
        {
            Assert.False(file.IsHeaderOnly);
            Assert.Equal(Enumerable.Range(0, 12).Select(i => (byte)i), file.Tensors["a"].Row(0).ToArray());
            int start = file.Alignment == 1 ? 12 : 32;
            Assert.Equal(Enumerable.Range(start + 34, 34).Select(i => (byte)i), file.Tensors["b"].Row(1).ToArray());
        }
    }

    [Fact]
    public void The_cases_are_all_there()
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(TestData.Shared("gguf-malformed/cases.json")));

        Assert.Equal(Names("must_reject"), GgufCases.Rejected.Keys);
        Assert.Equal(Names("must_accept"), GgufCases.Accepted.Keys);

        IEnumerable<string> Names(string list) =>
            cases.RootElement.GetProperty(list).EnumerateArray().Select(e => e.GetString()!.Split(' ')[0]);
    }

    [Fact]
    public void A_file_without_its_tensors_data_lists_them_and_refuses_their_bytes()
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("file.gguf", GgufCases.Accepted["TENSORS_SUCCESS"]().ToArray()));

        Assert.True(file.IsHeaderOnly);
        Assert.Equal(68, file.Tensors["b"].ByteLength);
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => _ = file.Tensors["b"].Address);
        Assert.Equal("b", refusal.Field);
        Assert.Throws<ModelFormatException>(() => _ = file.Tensors["b"].Row(0).Length);
    }

    [Fact]
    public void A_big_endian_file_is_refused_by_name()
    {
        ModelFormatException refusal = OpenRefused(new GgufBytes(version: 0x03000000));

        Assert.Contains("big-endian", refusal.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(19, "IQ1_S")]
    [InlineData(9, "Q8_1")]
    [InlineData(34, "TQ1_0")]
    [InlineData(77, "type id 77")]
    [InlineData(uint.MaxValue, "type id 4294967295")]
    public void A_tensor_type_that_is_not_supported_is_named(uint id, string name)
    {
        ModelFormatException refusal = OpenRefused(new GgufBytes(tensors: 1).Tensor("blk.0", [256], type: id).Pad().Data(256));

        Assert.Equal("blk.0", refusal.Field);
        Assert.Contains(name, refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_part_of_a_block_are_refused()
    {
        ModelFormatException refusal = OpenRefused(new GgufBytes(tensors: 1).Tensor("blk.0", [16, 2], type: 8).Pad().Data(64));

        Assert.Equal("blk.0", refusal.Field);
        Assert.Contains("Q8_0", refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_of_arrays_are_refused()
    {
        GgufBytes bytes = new(values: 1);
        bytes.Text("my_key").Type(GgufValueType.Array).Type(GgufValueType.Array).U64(1).Type(GgufValueType.UInt8).U64(1).Raw(1);

        Assert.Equal("my_key", OpenRefused(bytes).Field);
    }

    [Fact]
    public void A_name_that_is_not_text_is_refused()
    {
        OpenRefused(new GgufBytes(values: 1).U64(2).Raw(0xFF, 0xFE).Type(GgufValueType.UInt8).Raw(1));
        OpenRefused(new GgufBytes(tensors: 1).U64(2).Raw(0xFF, 0xFE).U32(1).U64(1).U32(0).U64(0).Pad().Data(32));
    }

    private static ModelFormatException OpenRefused(GgufBytes bytes)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("file.gguf", bytes.ToArray());
        return Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose());
    }
}
