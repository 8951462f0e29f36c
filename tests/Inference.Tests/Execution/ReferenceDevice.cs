using Inference.Execution;
using Inference.Formats;

namespace Inference.Tests.Execution;

/// <summary>The oracle that devices are held against: slow, plain, everything in double over the dequantised weights.</summary>
/// <param name="exactCache">Whether keys and values stay as they are, whatever the cache's type says.</param>
internal sealed class ReferenceDevice(bool exactCache = false) : Device
{
    private StepBatch _batch = new();
    private int[] _largest = [];

    public override string Name => "Reference";

    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use) => new ReferenceWeight(tensor, use);

    public override DeviceTensor Allocate(int capacity, int columns) => new ReferenceTensor(capacity, columns);

    public override DeviceKvCache AllocateKvCache(KvCacheShape shape) => new ReferenceKvCache(shape, exactCache);

    public override void CopyBlock(DeviceKvCache cache, int source, int destination) => ((ReferenceKvCache)cache).Copy(source, destination);

    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination) => throw new NotSupportedException("The oracle keeps numbers, not bytes.");

    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source) => throw new NotSupportedException("The oracle keeps numbers, not bytes.");

    public override void Begin(StepBatch batch) => _batch = batch;

    public override void Embed(DeviceWeight table, DeviceTensor destination)
    {
        for (int row = 0; row < _batch.RowCount; row++)
        {
            ReadOnlySpan<float> source = ((ReferenceWeight)table).Row(_batch.Tokens[row]);
            Span<double> target = Row(destination, row);
            for (int i = 0; i < source.Length; i++)
                target[i] = source[i];
        }
    }

    public override void RmsNorm(DeviceTensor hidden, DeviceTensor? addend, DeviceWeight gain, float epsilon, DeviceTensor destination)
    {
        ReadOnlySpan<float> gains = ((ReferenceWeight)gain).Row(0);
        for (int row = 0; row < hidden.Rows; row++)
        {
            Span<double> x = Row(hidden, row);
            Span<double> target = Row(destination, row);
            for (int i = 0; i < x.Length && addend is not null; i++)
                x[i] += Row(addend, row)[i];
            for (int first = 0; first < x.Length; first += gains.Length)
            {
                double sum = 0;
                for (int i = 0; i < gains.Length; i++)
                    sum += x[first + i] * x[first + i];
                double factor = 1 / Math.Sqrt(sum / gains.Length + epsilon);
                for (int i = 0; i < gains.Length; i++)
                    target[first + i] = x[first + i] * factor * gains[i];
            }
        }
    }

    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets)
    {
        foreach ((DeviceWeight weight, DeviceWeight? bias, DeviceTensor output) in targets)
        {
            for (int row = 0; row < input.Rows; row++)
            {
                Span<double> x = Row(input, row);
                for (int feature = 0; feature < weight.Rows; feature++)
                {
                    ReadOnlySpan<float> w = ((ReferenceWeight)weight).Row(feature);
                    double sum = 0;
                    for (int i = 0; i < w.Length; i++)
                        sum += x[i] * w[i];
                    Row(output, row)[feature] = sum + (bias is null ? 0 : ((ReferenceWeight)bias).Row(0)[feature]);
                }
            }
        }
    }

    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, DeviceWeight gain, float epsilon, ReadOnlySpan<LinearTarget> targets)
    {
        using DeviceTensor normalized = Like(hidden);
        RmsNorm(hidden, addend, gain, epsilon, normalized);
        Linear(normalized, targets);
    }

    public override void GatedLinear(DeviceTensor gate, DeviceTensor up, Activation activation, ReadOnlySpan<LinearTarget> targets)
    {
        using DeviceTensor gated = Like(gate);
        Gate(gate, up, activation, gated);
        Linear(gated, targets);
    }

    public override void RotateAndStore(
        DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer)
    {
        int size = shape.HeadSize;
        foreach (SequenceSlice sequence in _batch.Sequences)
        {
            for (int row = sequence.FirstRow; row < sequence.FirstRow + sequence.RowCount; row++)
            {
                int position = _batch.Positions[row];
                for (int head = 0; head < shape.Heads; head++)
                    Turn(Row(queries, row).Slice(head * size, size), rope, position);
                for (int head = 0; head < shape.KvHeads; head++)
                {
                    double[] key = Row(keys, row).Slice(head * size, size).ToArray();
                    Turn(key, rope, position);
                    (int block, int slot) = Place(sequence, position, cache);
                    ((ReferenceKvCache)cache).Store(layer, block, slot, head, key, Row(values, row).Slice(head * size, size));
                }
            }
        }
    }

    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceKvCache cache, int layer, DeviceTensor destination)
    {
        foreach (SequenceSlice sequence in _batch.Sequences)
        {
            for (int row = sequence.FirstRow; row < sequence.FirstRow + sequence.RowCount; row++)
            {
                for (int head = 0; head < shape.Heads; head++)
                    AttendHead(sequence, row, head, queries, shape, (ReferenceKvCache)cache, layer, destination);
            }
        }
    }

    public override void Gate(DeviceTensor gate, DeviceTensor up, Activation activation, DeviceTensor destination)
    {
        for (int row = 0; row < gate.Rows; row++)
        {
            for (int i = 0; i < gate.Columns; i++)
            {
                double x = Row(gate, row)[i];
                double activated = activation == Activation.Silu
                    ? x / (1 + Math.Exp(-x))
                    : 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
                Row(destination, row)[i] = activated * Row(up, row)[i];
            }
        }
    }

    public override void SelectRows(DeviceTensor source, DeviceTensor destination)
    {
        for (int i = 0; i < _batch.LogitRows.Length; i++)
            Row(source, _batch.LogitRows[i]).CopyTo(Row(destination, i));
    }

    public override void ArgMax(DeviceTensor logits)
    {
        _largest = new int[logits.Rows];
        for (int row = 0; row < logits.Rows; row++)
        {
            double[] x = Row(logits, row).ToArray();
            bool none = x.Any(double.IsNaN) || !x.Any(double.IsFinite);
            _largest[row] = none ? -1 : Array.IndexOf(x, x.Max());
        }
    }

    public override void ReadArgMax(Span<int> tokens) => _largest.CopyTo(tokens);

    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Rows);
        Span<double> source = Row(tensor, row);
        var result = new float[source.Length];
        for (int i = 0; i < result.Length; i++)
            result[i] = (float)source[i];
        return result;
    }

    protected override void Dispose(bool disposing)
    {
    }

    private static ReferenceTensor Like(DeviceTensor tensor) => new(tensor.Capacity, tensor.Columns) { Rows = tensor.Rows };

    private static Span<double> Row(DeviceTensor tensor, int row) => ((ReferenceTensor)tensor).Row(row);

    private (int Block, int Slot) Place(SequenceSlice sequence, int position, DeviceKvCache cache) =>
        (_batch.Blocks[sequence.FirstBlock + position / cache.Shape.BlockSize], position % cache.Shape.BlockSize);

    private static void Turn(Span<double> head, Rope? rope, int position)
    {
        int pairs = rope?.InverseFrequencies.Length ?? 0;
        for (int i = 0; i < pairs; i++)
        {
            (int first, int second) = rope!.Kind == RopeKind.Interleaved ? (2 * i, 2 * i + 1) : (i, i + pairs);
            double angle = position * rope.InverseFrequencies[i];
            double cosine = Math.Cos(angle) * rope.Magnitude;
            double sine = Math.Sin(angle) * rope.Magnitude;
            (head[first], head[second]) = (head[first] * cosine - head[second] * sine, head[first] * sine + head[second] * cosine);
        }
    }

    private void AttendHead(
        SequenceSlice sequence, int row, int head, DeviceTensor queries, AttentionShape shape, ReferenceKvCache cache, int layer, DeviceTensor destination)
    {
        int size = shape.HeadSize;
        int kvHead = head / (shape.Heads / shape.KvHeads);
        Span<double> query = Row(queries, row).Slice(head * size, size);
        var scores = new double[_batch.Positions[row] + 1];
        for (int position = 0; position < scores.Length; position++)
        {
            (int block, int slot) = Place(sequence, position, cache);
            ReadOnlySpan<double> key = cache.Key(layer, block, slot, kvHead);
            for (int i = 0; i < size; i++)
                scores[position] += query[i] * key[i];
            scores[position] *= shape.Scale;
        }

        double largest = scores.Max();
        double sum = scores.Sum(score => Math.Exp(score - largest));
        var result = new double[size];
        for (int position = 0; position < scores.Length; position++)
        {
            (int block, int slot) = Place(sequence, position, cache);
            ReadOnlySpan<double> value = cache.Value(layer, block, slot, kvHead);
            for (int i = 0; i < size; i++)
                result[i] += Math.Exp(scores[position] - largest) / sum * value[i];
        }

        result.CopyTo(Row(destination, row).Slice(head * size, size));
    }
}
