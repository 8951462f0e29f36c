using Inference.Formats;

namespace Inference.Tests.Formats;

public class SplitGgufTests
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Parts_are_one_model(int count, bool firstIsEmpty)
    {
        using TemporaryFolder folder = new();
        string first = Split(folder, count, firstIsEmpty);
        using GgufFile whole = GgufFile.Open(TestData.Stories260K);
        using GgufFile joined = (GgufFile)ModelFile.Open(first);

        Assert.Equal(whole.Tensors.Keys, joined.Tensors.Keys);
        Assert.All(whole.Tensors.Values, tensor => Assert.Equal(tensor.Row(tensor.Rows - 1), joined.Tensors[tensor.Name].Row(tensor.Rows - 1)));
        Assert.Equal(whole.Metadata.Keys, joined.Metadata.Keys);
        Assert.Equal(Directory.GetFiles(folder.Path).Sum(path => new FileInfo(path).Length), joined.ByteLength);
        Assert.False(joined.IsHeaderOnly);
    }

    [Fact]
    public async Task A_split_model_tells_the_same_story()
    {
        using TemporaryFolder folder = new();
        Split(folder, 3);
        await using InferenceEngine whole = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 });
        await using InferenceEngine joined = await InferenceEngine.LoadAsync(folder.Path, new EngineOptions { Threads = 1 });
        GenerationResult expected = await whole.Submit("Once upon a time", new() { MaxOutputTokens = 8 }).Completion;
        Assert.Equal(expected.Text, (await joined.Submit("Once upon a time", new() { MaxOutputTokens = 8 }).Completion).Text);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_missing_part_is_named(int missing)
    {
        using TemporaryFolder folder = new();
        string first = Split(folder, 3);
        File.Delete(folder.PathOf($"m-0000{missing}-of-00003.gguf"));
        AssertRefused(first, $"m-0000{missing}-of-00003.gguf");
    }

    [Fact]
    public void A_later_part_names_the_first()
    {
        using TemporaryFolder folder = new();
        Split(folder, 3);
        AssertRefused(folder.PathOf("m-00002-of-00003.gguf"), "m-00001-of-00003.gguf");
    }

    [Fact]
    public void A_part_under_another_name_is_refused()
    {
        using TemporaryFolder folder = new();
        File.Move(Split(folder, 3), folder.PathOf("other.gguf"));
        AssertRefused(folder.PathOf("other.gguf"), "-00001-of-00003.gguf");
    }

    [Fact]
    public void Parts_that_are_swapped_doubled_or_anothers_are_refused()
    {
        using TemporaryFolder folder = new();
        string first = Split(folder, 3);
        string second = folder.PathOf("m-00002-of-00003.gguf"), third = folder.PathOf("m-00003-of-00003.gguf");
        byte[] bytes = File.ReadAllBytes(third);
        using GgufFile whole = GgufFile.Open(TestData.Stories260K);

        File.Copy(second, third, overwrite: true);
        AssertRefused(first, "part 3 of 3");
        File.Copy(TestData.Stories260K, third, overwrite: true);
        AssertRefused(first, "part 3 of 3");
        Write(third, 2, 3, 99, [whole.Tensors.Values.First()], null);
        AssertRefused(first, "same name");
        Write(third, 2, 3, 99, [], null);
        AssertRefused(first, "tensors");
        File.WriteAllBytes(third, bytes[..^40]);
        AssertRefused(first, "ends before");
        File.WriteAllBytes(third, []);
        AssertRefused(first, "m-00003-of-00003.gguf");
        File.WriteAllBytes(third, bytes);
        GgufFile.Open(first).Dispose();
    }

    [Fact]
    public void A_claim_of_two_billion_parts_costs_nothing()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("m-00001-of-99999.gguf");
        foreach (uint count in new[] { 99999u, uint.MaxValue, (uint)int.MaxValue })
        {
            GgufWriter writer = new();
            writer.SetMetadata("split.no", GgufValue.From(0u));
            writer.SetMetadata("split.count", GgufValue.From(count));
            writer.Save(path);
            AssertRefused(path, count == 99999 ? "m-00002-of-99999.gguf" : "split.count");
        }
    }

    [Theory]
    [InlineData("a-00001-of-00002.gguf", "a", 1, 2)]
    [InlineData("x/a-b-00002-of-00002.gguf", "x/a-b", 2, 2)]
    [InlineData("a-00003-of-00002.gguf", null, 0, 0)]
    [InlineData("a-00000-of-00002.gguf", null, 0, 0)]
    [InlineData("-00001-of-00002.gguf", null, 0, 0)]
    [InlineData("a-0001-of-0002.gguf", null, 0, 0)]
    [InlineData("a-00001-of-00002", null, 0, 0)]
    [InlineData("a-+0001-of-00002.gguf", null, 0, 0)]
    public void Names_of_parts(string name, string? stem, int number, int count)
    {
        PartName? part = PartName.Parse(name);
        Assert.Equal(stem, part?.Stem);
        if (part is not null)
            Assert.Equal((number, count, name), (part.Number, part.Count, part.Of(number)));
    }

    private static void AssertRefused(string path, string expected) =>
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose()).Message, StringComparison.Ordinal);

    private static string Split(TemporaryFolder folder, int count, bool firstIsEmpty = false)
    {
        using GgufFile source = GgufFile.Open(TestData.Stories260K);
        StoredTensor[] tensors = [.. source.Tensors.Values];
        int full = firstIsEmpty ? count - 1 : count;
        for (int i = 0; i < count; i++)
        {
            int place = firstIsEmpty ? i - 1 : i;
            StoredTensor[] own = place < 0 ? [] : tensors[(tensors.Length * place / full)..(tensors.Length * (place + 1) / full)];
            Write(folder.PathOf($"m-{i + 1:D5}-of-{count:D5}.gguf"), i, count, tensors.Length, own, i == 0 ? source : null);
        }

        return folder.PathOf($"m-00001-of-{count:D5}.gguf");
    }

    private static void Write(string path, int number, int count, int total, StoredTensor[] tensors, GgufFile? metadata)
    {
        GgufWriter writer = new();
        foreach ((string key, GgufValue value) in metadata?.Metadata ?? new Dictionary<string, GgufValue>())
            writer.SetMetadata(key, value);
        writer.SetMetadata("split.no", GgufValue.From((ushort)number));
        writer.SetMetadata("split.count", GgufValue.From((ushort)count));
        writer.SetMetadata("split.tensors.count", GgufValue.From(total));
        foreach (StoredTensor tensor in tensors)
        {
            writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape, stream =>
            {
                for (long row = 0; row < tensor.Rows; row++)
                    stream.Write(tensor.Row(row));
            });
        }

        writer.Save(path);
    }
}
