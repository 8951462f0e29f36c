using System.Globalization;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Tests.Formats;

public class MappedFileTests
{
    [Fact]
    public void Fetched_and_released_pages_read_as_before()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        using MappedFile file = MappedFile.Open(folder.Write("file", bytes));
        foreach ((int offset, int length) in (ReadOnlySpan<(int, int)>)[(0, 100_000), (1, 1), (4095, 2), (99_999, 1), (100_000, 0), (5000, 60_000)])
        {
            file.Fetch(offset, length);
            Assert.True(file.Span(offset, length).SequenceEqual(bytes.AsSpan(offset, length)));
            file.Release(offset, length);
            Assert.True(file.Span(offset, length).SequenceEqual(bytes.AsSpan(offset, length)));
        }
    }

    [Fact]
    public void A_packed_model_keeps_next_to_nothing_of_its_file_in_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using TemporaryFolder folder = new();
        string path = folder.PathOf("weights.gguf");
        GgufWriter writer = new();
        for (int i = 0; i < 8; i++)
            writer.AddTensor($"weight{i}", TensorType.Q8_0, [1000, 1024], new byte[1000 * 1024 / 32 * 34]);
        writer.Save(path);

        using GgufFile file = GgufFile.Open(path);
        using var device = new CpuDevice(2);
        DeviceWeight[] weights = [.. file.Tensors.Values.Select(tensor => device.Upload(tensor, WeightUse.Linear))];
        device.CompleteUploads();

        Assert.InRange(ResidentBytes(path), 0, file.ByteLength / 20);
        Assert.True(weights.Sum(weight => weight.ByteLength) >= file.ByteLength * 0.99);
        foreach (DeviceWeight weight in weights)
            weight.Dispose();
    }

    private static long ResidentBytes(string path)
    {
        long kilobytes = 0;
        bool isInside = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            // A mapping's first line begins with its range; those about it begin with a name and a colon.
            string first = line.Split(' ')[0];
            if (first.Contains('-') && !first.EndsWith(':'))
                isInside = line.EndsWith(path, StringComparison.Ordinal);
            else if (isInside && line.StartsWith("Rss:", StringComparison.Ordinal))
                kilobytes += long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        return kilobytes * 1024;
    }
}
