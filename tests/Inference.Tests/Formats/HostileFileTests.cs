using Inference.Formats;

namespace Inference.Tests.Formats;

/// <summary>Files cut anywhere and changed anywhere open, or are refused; and cost no more than their size allows.</summary>
public class HostileFileTests
{
    private const int Mutations = 10_000;

    // An exception and its trace, the mapping, and a generous multiple of the file: an entry of a dictionary for each 14 bytes.
    private const long FixedBytes = 64 << 10;
    private const long BytesPerByte = 32;

    [Fact]
    public void A_gguf_file_cut_anywhere_in_its_header_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] model = File.ReadAllBytes(TestData.Stories260K);
        string path = folder.Write("cut.gguf", model.AsSpan(0, 14152));

        CutFromTheEnd(path, refusal => Assert.InRange(refusal.Offset, 0, 14152), () => GgufFile.Open(path).Dispose());
    }

    [Fact]
    public void A_gguf_file_cut_anywhere_in_its_data_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] model = File.ReadAllBytes(TestData.Stories260K);
        Random random = new(3);
        for (int i = 0; i < 100; i++)
        {
            string path = folder.Write("cut.gguf", model.AsSpan(0, random.Next(14177, model.Length)));
            Assert.NotNull(Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose()).Field);
        }
    }

    [Fact]
    public void A_changed_gguf_file_opens_or_is_refused()
    {
        byte[] original = SmallGguf();

        int opened = Mutate(original, original.Length - 512, "changed.gguf", path =>
        {
            using GgufFile file = GgufFile.Open(path);
            foreach (StoredTensor tensor in file.Tensors.Values)
                Touch(tensor, file.IsHeaderOnly);
        });

        Assert.InRange(opened, 100, Mutations - 1000);
    }

    [Fact]
    public void A_safetensors_file_cut_anywhere_in_its_header_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] model = File.ReadAllBytes(TestData.Path("models/TinyStories-656K/model.safetensors"));
        int header = 8 + (int)BitConverter.ToUInt64(model);
        string path = folder.Write("cut.safetensors", model.AsSpan(0, header));

        CutFromTheEnd(path, refusal => Assert.InRange(refusal.Offset, 0, header), () => SafetensorsModel.Open(path).Dispose());
    }

    [Fact]
    public void A_changed_safetensors_file_opens_or_is_refused()
    {
        byte[] original = SmallSafetensors();

        int opened = Mutate(original, original.Length - 64, "changed.safetensors", path =>
        {
            using SafetensorsModel model = SafetensorsModel.Open(path);
            foreach (StoredTensor tensor in model.Tensors.Values)
                Touch(tensor, headerOnly: false);
        });

        Assert.InRange(opened, 100, Mutations - 1000);
    }

    [Fact]
    public void A_changed_index_opens_or_is_refused()
    {
        using TemporaryFolder folder = new();
        folder.Write("a.safetensors", SmallSafetensors());
        byte[] original = """{"metadata": {}, "weight_map": {"w": "a.safetensors", "b\u00e9": "a.safetensors"}}"""u8.ToArray();

        Mutate(original, original.Length, "model.safetensors.index.json", path => SafetensorsModel.Open(path).Dispose(), folder);
    }

    private static void CutFromTheEnd(string path, Action<ModelFormatException> check, Action open)
    {
        for (long length = new FileInfo(path).Length - 1; length >= 0; length--)
        {
            using (FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite))
                stream.SetLength(length);
            check(Assert.Throws<ModelFormatException>(open));
        }
    }

    /// <summary>Changes a few bytes of the first part at a time; returns how many of the results opened.</summary>
    private static int Mutate(byte[] original, int part, string name, Action<string> open, TemporaryFolder? folder = null)
    {
        using TemporaryFolder own = new();
        folder ??= own;
        Random random = new(42);
        int opened = 0;
        string path = folder.Write(name, original);
        byte[] interesting = [0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)',', (byte)'\\', (byte)'9'];
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = [.. original];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int place = random.Next(part);
                bytes[place] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (byte)random.Next(256);
            }

            // Written over, never made anew: some file systems flush a file that was cut short and rewritten.
            using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0))
                file.Write(bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                open(path);
                opened++;
            }
            catch (ModelFormatException refusal)
            {
                Assert.StartsWith(refusal.Path, refusal.Message, StringComparison.Ordinal);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < FixedBytes + BytesPerByte * bytes.Length, $"change {i}: {allocated} bytes");
        }

        return opened;
    }

    private static void Touch(StoredTensor tensor, bool headerOnly)
    {
        if (tensor.ByteLength == 0 || headerOnly)
            return;
        Assert.Equal(tensor.ByteLength, BlockFormat.ByteLength(tensor.Type, tensor.ElementCount));
        ReadOnlySpan<byte> last = tensor.Row(tensor.Rows - 1);
        Assert.True(last.Length > 0 && last[^1] <= 255);
    }

    private static byte[] SmallGguf()
    {
        GgufWriter writer = new();
        writer.SetMetadata("general.architecture", GgufValue.From("llama"));
        writer.SetMetadata("general.alignment", GgufValue.From(32u));
        writer.SetMetadata("llama.rope.freq_base", GgufValue.From(1e4f));
        writer.SetMetadata("tokens", GgufValue.From(Enumerable.Range(0, 40).Select(i => $"token {i}").ToArray()));
        writer.SetMetadata("scores", GgufValue.From(Enumerable.Range(0, 40).Select(i => i / 3f).ToArray()));
        writer.SetMetadata("flags", GgufValue.From(new[] { true, false, true }));
        writer.SetMetadata("long", GgufValue.From(1L << 40));
        for (int i = 0; i < 8; i++)
            writer.AddTensor($"blk.{i}.weight", TensorType.Q8_0, [2, 32], new byte[68]);
        writer.AddTensor("output.weight", TensorType.F32, [4, 4, 2], new byte[128]);
        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] SmallSafetensors() => SafetensorsBytes.File(
        """
        {"__metadata__": {"format": "pt"},
         "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
         "b\u00e9": {"dtype": "BF16", "shape": [4, 5], "data_offsets": [24, 64]}}
        """, 64);
}
