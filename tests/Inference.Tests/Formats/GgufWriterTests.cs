using FsCheck;
using FsCheck.Fluent;
using Inference.Formats;

namespace Inference.Tests.Formats;

public class GgufWriterTests
{
    private static readonly TensorType[] _types = Enum.GetValues<TensorType>();

    [Fact]
    public void What_is_written_is_read()
    {
        Gen<Content> contents =
            from metadata in Metadata()
            from tensors in Tensors()
            from alignment in Gen.Elements(0u, 1u, 8u, 32u, 128u)
            select new Content(metadata, tensors, alignment);

        using TemporaryFolder folder = new();
        string path = folder.PathOf("written.gguf");
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(contents.ToArbitrary(), content =>
        {
            using (FileStream stream = File.Create(path))
                Writer(content).Write(stream);
            using GgufFile file = GgufFile.Open(path);
            AssertEqual(content, file);
        }));
    }

    [Fact]
    public void Saving_replaces_a_file_and_leaves_nothing_beside_it()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", "old");
        GgufWriter writer = new();
        writer.AddTensor("a", TensorType.F32, [1], new byte[] { 1, 2, 3, 4 });

        writer.Save(path);

        using GgufFile file = GgufFile.Open(path);
        Assert.Equal([1, 2, 3, 4], file.Tensors["a"].Row(0).ToArray());
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_real_file_copied_is_the_same_file()
    {
        string source = TestData.Path("models/TinyStories-656K/TinyStories-656K.Q4_0.gguf");
        using GgufFile file = GgufFile.Open(source);
        GgufWriter writer = new();
        foreach ((string key, GgufValue value) in file.Metadata)
            writer.SetMetadata(key, value);
        foreach (StoredTensor tensor in file.Tensors.Values)
        {
            writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape, stream =>
            {
                for (long row = 0; row < tensor.Rows; row++)
                    stream.Write(tensor.Row(row));
            });
        }

        using MemoryStream copy = new();
        writer.Write(copy);

        Assert.Equal(File.ReadAllBytes(source), copy.ToArray());
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void A_failed_write_leaves_the_old_file_alone(int bytes)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", "old");
        GgufWriter writer = new();
        writer.AddTensor("a", TensorType.F32, [4], stream => stream.Write(new byte[bytes]));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => writer.Save(path));

        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void What_could_not_be_read_again_is_refused()
    {
        GgufWriter writer = new();
        writer.AddTensor("a", TensorType.F32, [1], new byte[4]);

        Assert.Throws<ArgumentException>(() => writer.AddTensor("a", TensorType.F32, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("b", TensorType.F32, [1], new byte[5]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("b", TensorType.Q8_0, [16], new byte[17]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("b", TensorType.F32, [1, 1, 1, 1, 1], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("b", TensorType.F32, [-1], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("b", TensorType.F32, [long.MaxValue], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor(new string('b', 64), TensorType.F32, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("b", (TensorType)19, [256], new byte[50]));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata("", GgufValue.From(1)));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata("general.alignment", GgufValue.From(32)));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata("general.alignment", GgufValue.From(13u)));
        Assert.Throws<ArgumentException>(() => GgufValue.From(1m));
        Assert.Throws<ArgumentException>(() => GgufValue.From(DayOfWeek.Friday));
        writer.AddTensor("b", TensorType.F32, [1], new byte[4]);
    }

    [Fact]
    public void Values_show_themselves()
    {
        Assert.Equal("1.5", GgufValue.From(1.5f).ToString());
        Assert.Equal("text", GgufValue.From("text").ToString());
        Assert.Equal("[1, 2]", GgufValue.From(new[] { 1, 2 }).ToString());
        Assert.Equal("[a, b]", GgufValue.From(new[] { "a", "b" }).ToString());
        Assert.EndsWith("20 in all]", GgufValue.From(new byte[20]).ToString(), StringComparison.Ordinal);
    }

    private static Gen<Dictionary<string, object>> Metadata()
    {
        Gen<object> integer = Gen.Choose(int.MinValue, int.MaxValue).SelectMany(n => Gen.Elements<object>(
            (byte)n, (sbyte)n, (ushort)n, (short)n, (uint)n, n, (ulong)n * 0x100000001, n * 0x100000001L, (float)n / 7, n / 7.0, (n & 1) == 0));
        Gen<object> text = Texts().Select(t => (object)t);
        Gen<object> array = Gen.Choose(0, 20).SelectMany(length => integer.Select(first =>
        {
            Array result = Array.CreateInstance(first.GetType(), length);
            for (int i = 0; i < length; i++)
                result.SetValue(first, i);
            return (object)result;
        }));
        Gen<object> texts = Texts().ListOf().Select(list => (object)list.ToArray());
        return
            from values in Gen.OneOf(integer, text, array, texts).ListOf()
            from stem in Gen.Elements("a", "general.", "ключ", "🔑")
            select values.Select((value, i) => (Key: $"{stem}{i}", value)).ToDictionary(p => p.Key, p => p.value);
    }

    private static Gen<string> Texts() =>
        Gen.Elements("", "a", "é", "\0", "🙂", " \n", "<0x0A>").ListOf().Select(string.Concat);

    private static Gen<Tensor[]> Tensors() =>
        (from type in Gen.Elements(_types)
         from dimensions in Gen.Choose(0, 4)
         from shape in Gen.Choose(0, 3).ArrayOf(dimensions)
         from seed in Gen.Choose(0, int.MaxValue)
         select Make(type, shape, seed)).ListOf().Select(list => list.ToArray());

    private static Tensor Make(TensorType type, int[] small, int seed)
    {
        long[] shape = small.Select(n => (long)n).ToArray();
        if (shape.Length == 0 && BlockFormat.BlockSize(type) > 1)
            shape = [1];
        if (shape.Length > 0)
            shape[^1] *= BlockFormat.BlockSize(type);
        byte[] data = new byte[BlockFormat.ByteLength(type, shape.Aggregate(1L, (a, b) => a * b))];
        new Random(seed).NextBytes(data);
        return new Tensor(type, shape, data);
    }

    private static GgufWriter Writer(Content content)
    {
        GgufWriter writer = new();
        foreach ((string key, object value) in content.Metadata)
            writer.SetMetadata(key, GgufValue.From(value));
        if (content.Alignment > 0)
            writer.SetMetadata("general.alignment", GgufValue.From(content.Alignment));
        for (int i = 0; i < content.Tensors.Length; i++)
            writer.AddTensor($"t{i}", content.Tensors[i].Type, content.Tensors[i].Shape, content.Tensors[i].Data);
        return writer;
    }

    private static void AssertEqual(Content content, GgufFile file)
    {
        int alignment = content.Alignment > 0 ? (int)content.Alignment : 32;
        Assert.Equal(alignment, file.Alignment);
        Assert.Equal(content.Metadata.Keys, file.Metadata.Keys.Where(k => k != "general.alignment"));
        foreach ((string key, object value) in content.Metadata)
        {
            object actual = file.Metadata[key].Raw;
            object expected = GgufValue.From(value).Raw;
            Assert.Equal(expected.GetType(), actual.GetType());
            Assert.Equal(expected, actual);
            Assert.True(file.Metadata[key].Offset > 0);
        }

        Assert.Equal(content.Tensors.Length, file.Tensors.Count);
        for (int i = 0; i < content.Tensors.Length; i++)
        {
            Tensor expected = content.Tensors[i];
            StoredTensor actual = file.Tensors[$"t{i}"];
            Assert.Equal((expected.Type, expected.Data.Length), (actual.Type, (int)actual.ByteLength));
            Assert.Equal(expected.Shape, actual.Shape);
            List<byte> data = [];
            for (long row = 0; row < actual.Rows; row++)
                data.AddRange(actual.Row(row));
            Assert.Equal(expected.Data, data);
        }
    }

    private sealed record Tensor(TensorType Type, long[] Shape, byte[] Data);

    private sealed record Content(Dictionary<string, object> Metadata, Tensor[] Tensors, uint Alignment);
}
