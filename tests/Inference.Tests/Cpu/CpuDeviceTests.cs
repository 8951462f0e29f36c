using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Execution;

namespace Inference.Tests.Cpu;

/// <summary>The operations of the CPU device that work on rows, each against the reference.</summary>
public sealed class CpuDeviceTests
{
    [Theory]
    [InlineData(8, 8, false)]
    [InlineData(64, 64, true)]
    [InlineData(172, 172, true)]
    [InlineData(576, 64, false)]
    [InlineData(4096, 4096, true)]
    [InlineData(150, 10, true)]
    public void Norm_agrees(int columns, int gainLength, bool adds) =>
        AssertClose(2e-6, device => Norm(device, columns, gainLength, adds, rows: 7));

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.ClampedSwiglu)]
    public void Gate_agrees(Activation activation) => AssertClose(1e-6, device => Gate(device, activation, 172, rows: 9));

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Gelu)]
    public void An_activation_alone_agrees(Activation activation) => AssertClose(1e-6, device => Gate(device, activation, 172, rows: 9, alone: true));

    [Theory]
    [InlineData(8, 8, false, true)]
    [InlineData(172, 172, true, false)]
    [InlineData(576, 64, false, true)]
    [InlineData(4096, 4096, true, true)]
    [InlineData(150, 10, true, true)]
    public void Layer_norm_agrees(int columns, int gainLength, bool adds, bool biases) =>
        AssertClose(3e-5, device => Norm(device, columns, gainLength, adds, rows: 7, NormKind.Layer, biases));

    [Fact]
    public void Elements_and_positions_agree() => AssertClose(1e-4, device => Elements(device, 172, 9));

    [Fact]
    public void A_position_outside_of_the_table_is_refused()
    {
        using var device = new CpuDevice(1);
        using DeviceWeight table = device.Upload(HostTensor.F32(new float[32], 2, 16), WeightUse.Embedding);
        using DeviceTensor hidden = Load(device, table, [0, 1, 0]);
        Assert.Throws<ArgumentException>(() => device.EmbedPositions(table, hidden));
    }

    [Fact]
    public void A_gate_without_its_factor_and_a_bias_without_a_mean_are_refused()
    {
        using var device = new CpuDevice(1);
        using DeviceWeight table = device.Upload(HostTensor.F32(new float[32], 2, 16), WeightUse.Embedding);
        using DeviceWeight vector = device.Upload(HostTensor.F32(new float[16], 16), WeightUse.Vector);
        using DeviceTensor hidden = Load(device, table, [0, 1, 0]);
        Assert.Throws<ArgumentNullException>(() => device.Gate(hidden, null, Activation.ClampedSwiglu, hidden));
        Assert.Throws<ArgumentException>(() => device.Normalize(hidden, null, new Norm(NormKind.RootMeanSquare, vector, vector, 1e-5f), hidden));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Work_of_the_host_runs_once_on_every_worker(int threads)
    {
        using var device = new CpuDevice(threads);
        var work = new CountingWork(device.HostWorkers);
        device.RunOnHost(work);
        device.RunOnHost(work);
        Assert.Equal(Enumerable.Repeat(2, threads), work.Runs);
    }

    [Fact]
    public void Rows_have_the_same_bits_in_any_batch()
    {
        float[][] expected;
        using (var one = new CpuDevice(1))
            expected = All(one, 1);
        for (int threads = 1; threads <= 4; threads++)
        {
            using var device = new CpuDevice(threads);
            float[][] actual = All(device, 130);
            Assert.Equal(expected.Length, actual.Length / 130);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(Bits(expected[i]), Bits(actual[i * 130]));
        }

        static float[][] All(Device device, int rows) =>
            [.. Norm(device, 572, 572, true, rows), .. Norm(device, 576, 64, false, rows), .. Gate(device, Activation.Silu, 1500, rows), .. Gate(device, Activation.GeluTanh, 1500, rows),
            .. Norm(device, 572, 572, true, rows, NormKind.Layer, true), .. Gate(device, Activation.Gelu, 1500, rows), .. Gate(device, Activation.ClampedSwiglu, 1500, rows)];
    }

    [Fact]
    public void Bits_do_not_depend_on_instruction_sets()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var device = new CpuDevice(2);
        float[][] results =
        [
            .. Norm(device, 172, 172, true, 5), .. Norm(device, 576, 64, false, 5), .. Norm(device, 4096, 4096, true, 5),
            .. Gate(device, Activation.Silu, 1500, 20), .. Gate(device, Activation.GeluTanh, 1500, 20),
            .. Norm(device, 172, 172, true, 5, NormKind.Layer, true), .. Gate(device, Activation.Gelu, 1500, 20), .. Gate(device, Activation.ClampedSwiglu, 1500, 20), .. Elements(device, 172, 9),
        ];
        foreach (float[] row in results)
            hash.AppendData(MemoryMarshal.AsBytes<float>(row));
        InstructionSets.AssertSameEverywhere(Convert.ToHexString(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q4_0)]
    [InlineData(TensorType.Q6_K)]
    public void Embedding_decodes_the_rows_of_the_tokens(TensorType type)
    {
        float[] values = HostTensor.Normal(new Random(3), 50 * 512);
        var bytes = new byte[BlockFormat.ByteLength(type, values.Length)];
        BlockFormat.Quantize(type, values, bytes);
        StoredTensor stored = HostTensor.Create(type, bytes, 50, 512);
        Assert.Equal(Embed(new ReferenceDevice()), Embed(new CpuDevice(3)));

        float[][] Embed(Device device)
        {
            using (device)
            {
                using DeviceWeight table = device.Upload(stored, WeightUse.Embedding);
                return Rows(device, table, [49, 0, 7, 7, 31, 2, 3, 48, 1, 1, 11, 12, 49]);
            }
        }
    }

    [Fact]
    public void A_token_outside_of_the_table_is_refused()
    {
        using var device = new CpuDevice(1);
        using DeviceWeight table = device.Upload(HostTensor.F32(new float[32], 2, 16), WeightUse.Embedding);
        Assert.Throws<ArgumentException>(() => Rows(device, table, [2]));
        Assert.Throws<ArgumentException>(() => Rows(device, table, [-1]));
    }

    [Fact]
    public void A_tied_weight_serves_as_table_and_as_layer()
    {
        float[] values = HostTensor.Normal(new Random(4), 64 * 32);
        StoredTensor stored = HostTensor.F32(values, 64, 32);
        StoredTensor biases = HostTensor.F32(HostTensor.Normal(new Random(5), 64), 64);
        AssertClose(5e-5, device =>
        {
            using DeviceWeight weight = device.Upload(stored, WeightUse.Embedding | WeightUse.Linear);
            using DeviceWeight bias = device.Upload(biases, WeightUse.Vector);
            using DeviceTensor input = Load(device, weight, [5, 63, 0]);
            using DeviceTensor plain = device.Allocate(3, 64);
            using DeviceTensor biased = device.Allocate(3, 64);
            plain.Rows = biased.Rows = 3;
            device.Linear(input, [new LinearTarget(weight, null, plain), new LinearTarget(weight, bias, biased)]);
            return [.. Read(device, plain), .. Read(device, biased)];
        });
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.Q8_0)]
    public void Layers_over_a_computed_input_have_the_bits_of_the_single_operations(TensorType type)
    {
        const int Columns = 96, Outputs = 40;
        for (int threads = 1; threads <= 3; threads++)
        {
            using var device = new CpuDevice(threads);
            foreach (int rows in new[] { 1, 2, 17, 70 })
            {
                foreach (bool adds in new[] { false, true })
                {
                    float[][] fused = [.. Normalized(device, type, rows, Columns, Outputs, adds, fused: true), .. Gated(device, type, rows, Columns, Outputs, fused: true)];
                    float[][] single = [.. Normalized(device, type, rows, Columns, Outputs, adds, fused: false), .. Gated(device, type, rows, Columns, Outputs, fused: false)];
                    Assert.Equal([.. single.SelectMany(Bits)], fused.SelectMany(Bits).ToArray());
                }
            }
        }
    }

    [Fact]
    public void Layers_over_a_computed_input_agree() => AssertClose(2e-4, device =>
        [.. Normalized(device, TensorType.F32, 5, 96, 40, adds: true, fused: true), .. Gated(device, TensorType.F32, 5, 96, 40, fused: true)]);

    [Fact]
    public void The_rows_whose_logits_are_wanted_are_selected()
    {
        using var device = new CpuDevice(2);
        using DeviceWeight table = device.Upload(HostTensor.F32([.. Enumerable.Range(0, 40).Select(i => (float)i)], 10, 4), WeightUse.Embedding);
        var batch = new StepBatch();
        batch.Add([3, 1], 0, [], wantsLogits: true);
        batch.Add([4, 5, 6], 0, [], wantsLogits: false);
        batch.Add([9], 0, [], wantsLogits: true);
        device.Begin(batch);
        using DeviceTensor all = device.Allocate(6, 4);
        using DeviceTensor selected = device.Allocate(2, 4);
        all.Rows = 6;
        selected.Rows = 2;
        device.Embed(table, all);
        device.SelectRows(all, selected);
        Assert.Equal([4f, 5f, 6f, 7f], device.ReadRow(selected, 0).ToArray());
        Assert.Equal([36f, 37f, 38f, 39f], device.ReadRow(selected, 1).ToArray());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(1000)]
    [InlineData(40001)]
    public void The_largest_logit_is_found(int columns)
    {
        var random = new Random(columns);
        var rows = new List<float[]>();
        for (int i = 0; i < 12; i++)
        {
            float[] row = HostTensor.Normal(random, columns);
            row[random.Next(columns)] = 9;
            row[random.Next(columns)] = 9;
            rows.Add(row);
        }

        rows[1].AsSpan().Fill(-3);
        rows[2].AsSpan().Fill(float.NegativeInfinity);
        rows[3].AsSpan().Fill(float.NegativeInfinity);
        rows[3][columns - 1] = float.MinValue;
        rows[4][random.Next(columns)] = float.NaN;
        rows[5][columns - 1] = float.NaN;
        rows[6].AsSpan().Fill(float.PositiveInfinity);
        rows[7][2] = float.PositiveInfinity;
        rows[8][columns - 1] = 10;
        rows[9][0] = float.NegativeInfinity;
        rows[9][^1] = 9;
        StoredTensor stored = HostTensor.F32([.. rows.SelectMany(row => row)], rows.Count, columns);
        int[] expected = Find(new ReferenceDevice());
        Assert.Equal([-1, -1, -1], [expected[2], expected[4], expected[6]]);
        Assert.Equal(expected, Find(new CpuDevice(2)));

        int[] Find(Device device)
        {
            using (device)
            {
                using DeviceWeight table = device.Upload(stored, WeightUse.Embedding);
                using DeviceTensor logits = Load(device, table, [.. Enumerable.Range(0, rows.Count)]);
                device.ArgMax(logits);
                var tokens = new int[rows.Count];
                device.ReadArgMax(tokens);
                return tokens;
            }
        }
    }

    [Fact]
    public void A_type_that_cannot_be_computed_with_is_refused()
    {
        using var device = new CpuDevice(1);
        StoredTensor tensor = HostTensor.Create(TensorType.I32, new byte[64], 4, 4);
        Assert.Throws<NotSupportedException>(() => device.Upload(tensor, WeightUse.Linear));
    }

    private static float[][] Norm(Device device, int columns, int gainLength, bool adds, int rows, NormKind kind = NormKind.RootMeanSquare, bool biases = false)
    {
        var random = new Random(columns);
        using DeviceWeight gain = device.Upload(HostTensor.F32(HostTensor.Normal(random, gainLength), gainLength), WeightUse.Vector);
        using DeviceWeight table = device.Upload(HostTensor.F32(HostTensor.Normal(random, 11 * columns), 11, columns), WeightUse.Embedding);
        using DeviceTensor hidden = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row % 11)]);
        using DeviceTensor addend = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row * 3 % 11)]);
        using DeviceTensor output = device.Allocate(rows, columns);
        output.Rows = rows;
        using DeviceWeight? bias = biases ? device.Upload(HostTensor.F32(HostTensor.Normal(random, gainLength), gainLength), WeightUse.Vector) : null;
        device.Normalize(hidden, adds ? addend : null, new Norm(kind, gain, bias, 1e-5f), output);
        return [.. Read(device, output), .. Read(device, hidden)];
    }

    private static float[][] Elements(Device device, int columns, int rows)
    {
        var random = new Random(columns);
        float[] values = [.. HostTensor.Normal(random, 6 * columns), .. HostTensor.Normal(random, 5 * columns, 100)];
        using DeviceWeight table = device.Upload(HostTensor.F32(values, 11, columns), WeightUse.Embedding);
        using DeviceTensor hidden = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row % 11)]);
        device.EmbedPositions(table, hidden);
        float[][] positioned = Read(device, hidden);
        using DeviceTensor other = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row * 3 % 11)]);
        device.Scale(hidden, -1.7f);
        device.Add(hidden, other);
        float[][] added = Read(device, hidden);
        device.SoftCap(hidden, 30);
        return [.. positioned, .. added, .. Read(device, hidden)];
    }

    private static float[][] Gate(Device device, Activation activation, int columns, int rows, bool alone = false)
    {
        var random = new Random(columns);
        float[] values = [.. HostTensor.Normal(random, 5 * columns), .. HostTensor.Normal(random, 5 * columns, 30), .. new float[columns]];
        (values[0], values[1], values[2], values[3]) = (-200, 200, -88.5f, 1e30f);
        using DeviceWeight table = device.Upload(HostTensor.F32(values, 11, columns), WeightUse.Embedding);
        using DeviceTensor gate = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row % 11)]);
        using DeviceTensor up = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => (row * 3 + 1) % 11)]);
        device.Gate(gate, alone ? null : up, activation, gate);
        return Read(device, gate);
    }

    // Two layers of one input, the second in floats whatever the first one's type; and the residual stream.
    private static float[][] Normalized(Device device, TensorType type, int rows, int columns, int outputs, bool adds, bool fused)
    {
        var random = new Random(columns + rows);
        using DeviceWeight weight = device.Upload(Matrix(type, random, outputs, columns), WeightUse.Linear);
        using DeviceWeight other = device.Upload(Matrix(TensorType.F16, random, outputs, columns), WeightUse.Linear);
        using DeviceWeight gain = device.Upload(HostTensor.F32(HostTensor.Normal(random, columns), columns), WeightUse.Vector);
        using DeviceWeight table = device.Upload(HostTensor.F32(HostTensor.Normal(random, 11 * columns), 11, columns), WeightUse.Embedding);
        using DeviceTensor hidden = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row % 11)]);
        using DeviceTensor addend = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row * 3 % 11)]);
        using DeviceTensor normal = device.Allocate(rows, columns), first = device.Allocate(rows, outputs), second = device.Allocate(rows, outputs);
        normal.Rows = first.Rows = second.Rows = rows;
        LinearTarget[] targets = [new(weight, null, first), new(other, null, second)];
        if (fused)
        {
            device.NormalizedLinear(hidden, adds ? addend : null, new Norm(NormKind.RootMeanSquare, gain, null, 1e-5f), targets);
        }
        else
        {
            device.Normalize(hidden, adds ? addend : null, new Norm(NormKind.RootMeanSquare, gain, null, 1e-5f), normal);
            device.Linear(normal, targets);
        }

        return [.. Read(device, hidden), .. Read(device, first), .. Read(device, second)];
    }

    private static float[][] Gated(Device device, TensorType type, int rows, int columns, int outputs, bool fused)
    {
        var random = new Random(columns + rows);
        using DeviceWeight weight = device.Upload(Matrix(type, random, outputs, columns), WeightUse.Linear);
        using DeviceWeight table = device.Upload(HostTensor.F32(HostTensor.Normal(random, 11 * columns), 11, columns), WeightUse.Embedding);
        using DeviceTensor gate = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row % 11)]);
        using DeviceTensor up = Load(device, table, [.. Enumerable.Range(0, rows).Select(row => row * 3 % 11)]);
        using DeviceTensor output = device.Allocate(rows, outputs);
        output.Rows = rows;
        if (fused)
        {
            device.GatedLinear(gate, up, Activation.Silu, [new(weight, null, output)]);
        }
        else
        {
            device.Gate(gate, up, Activation.Silu, gate);
            device.Linear(gate, [new(weight, null, output)]);
        }

        return Read(device, output);
    }

    private static StoredTensor Matrix(TensorType type, Random random, int rows, int columns)
    {
        float[] values = HostTensor.Normal(random, rows * columns);
        var bytes = new byte[BlockFormat.ByteLength(type, values.Length)];
        BlockFormat.Quantize(type, values, bytes);
        return HostTensor.Create(type, bytes, rows, columns);
    }

    private static float[][] Rows(Device device, DeviceWeight table, int[] tokens)
    {
        using DeviceTensor tensor = Load(device, table, tokens);
        return Read(device, tensor);
    }

    private static DeviceTensor Load(Device device, DeviceWeight table, int[] tokens)
    {
        var batch = new StepBatch();
        batch.Add(tokens, 0, [], wantsLogits: false);
        device.Begin(batch);
        DeviceTensor tensor = device.Allocate(tokens.Length, table.Columns);
        tensor.Rows = tokens.Length;
        device.Embed(table, tensor);
        return tensor;
    }

    private static float[][] Read(Device device, DeviceTensor tensor) =>
        [.. Enumerable.Range(0, tensor.Rows).Select(row => device.ReadRow(tensor, row).ToArray())];

    private static int[] Bits(float[] row) => [.. row.Select(BitConverter.SingleToInt32Bits)];

    // Each element within the tolerance, relative to itself or to a thousandth of its row's largest.
    private static void AssertClose(double tolerance, Func<Device, float[][]> compute)
    {
        using var reference = new ReferenceDevice();
        using var device = new CpuDevice(2);
        float[][] expected = compute(reference);
        float[][] actual = compute(device);
        Assert.Equal(expected.Length, actual.Length);
        for (int row = 0; row < expected.Length; row++)
        {
            float floor = expected[row].Max(Math.Abs) / 1000;
            for (int i = 0; i < expected[row].Length; i++)
            {
                double allowed = tolerance * Math.Max(Math.Abs(expected[row][i]), floor);
                Assert.True(Math.Abs(expected[row][i] - actual[row][i]) <= allowed, $"[{row}, {i}]: {actual[row][i]:R} for {expected[row][i]:R}");
            }
        }
    }

    private sealed class CountingWork(int workers) : IHostWork
    {
        public int[] Runs { get; } = new int[workers];

        public void Run(int worker) => Interlocked.Increment(ref Runs[worker]);
    }
}
