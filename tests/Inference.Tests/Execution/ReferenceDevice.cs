using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Models;

namespace Inference.Tests.Execution;

/// <summary>The oracle that devices are held against: slow, plain, everything in double over the dequantised weights.</summary>
/// <param name="exactCache">Whether keys and values stay as they are, whatever the cache's type says.</param>
internal sealed class ReferenceDevice(bool exactCache = false) : Device
{
    private StepBatch _batch = new();
    private int[] _largest = [];
    private PlainSelection[] _selected = [];
    private int _selectedCount;

    public override string Name => "Reference";

    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use) => new ReferenceWeight(tensor, use);

    public override DeviceTensor Allocate(int capacity, int columns) => new ReferenceTensor(capacity, columns);

    public override DeviceKvCache AllocateKvCache(KvCacheShape shape) => new ReferenceKvCache(shape, exactCache);

    public override void CopyBlock(DeviceKvCache cache, int source, int destination) => ((ReferenceKvCache)cache).Copy(source, destination);

    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination) => throw new NotSupportedException("The oracle keeps numbers, not bytes.");

    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source) => throw new NotSupportedException("The oracle keeps numbers, not bytes.");

    public override void WriteRows(DeviceTensor tensor, ReadOnlySpan<float> source)
    {
        for (int i = 0; i < tensor.Rows * tensor.Columns; i++)
            ((ReferenceTensor)tensor).Row(i / tensor.Columns)[i % tensor.Columns] = source[i];
    }

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

    public override void EmbedPositions(DeviceWeight table, DeviceTensor destination)
    {
        for (int row = 0; row < _batch.RowCount; row++)
        {
            ReadOnlySpan<float> source = ((ReferenceWeight)table).Row(_batch.Positions[row]);
            Span<double> target = Row(destination, row);
            for (int i = 0; i < source.Length; i++)
                target[i] += source[i];
        }
    }

    public override void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination)
    {
        if (addend is not null)
            Add(hidden, addend);
        ReadOnlySpan<float> gains = ((ReferenceWeight)norm.Gain).Row(0);
        ReadOnlySpan<float> biases = norm.Bias is null ? new float[gains.Length] : ((ReferenceWeight)norm.Bias).Row(0);
        for (int row = 0; row < hidden.Rows; row++)
        {
            for (int first = 0; first < hidden.Columns; first += gains.Length)
            {
                double[] x = Row(hidden, row).Slice(first, gains.Length).ToArray();
                double mean = norm.Kind == NormKind.Layer ? x.Average() : 0;
                double factor = 1 / Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
                for (int i = 0; i < gains.Length; i++)
                    Row(destination, row)[first + i] = (x[i] - mean) * factor * gains[i] + biases[i];
            }
        }
    }

    public override void Add(DeviceTensor destination, DeviceTensor addend)
    {
        for (int row = 0; row < destination.Rows; row++)
        {
            for (int i = 0; i < destination.Columns; i++)
                Row(destination, row)[i] += Row(addend, row)[i];
        }
    }

    public override void Scale(DeviceTensor tensor, float factor) => Replace(tensor, x => x * factor);

    public override void SoftCap(DeviceTensor tensor, float cap) => Replace(tensor, x => cap * Math.Tanh(x / cap));

    public override void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination)
    {
        for (int row = 0; row < input.Rows; row++)
        {
            double[] score = Row(scores, row).ToArray();
            double[] result = new double[destination.Columns];
            if (score.All(double.IsFinite))
            {
                int[] chosen = [.. Enumerable.Range(0, score.Length).OrderByDescending(i => score[i]).ThenBy(i => i).Take(routing.Chosen)];
                double sum = (routing.Normalizes ? chosen : Enumerable.Range(0, score.Length)).Sum(i => Math.Exp(score[i] - score[chosen[0]]));
                foreach (int expert in chosen)
                {
                    using ReferenceTensor x = new(1, input.Columns) { Rows = 1 };
                    using ReferenceTensor gate = new(1, experts.Gate[expert].Weight.Rows) { Rows = 1 };
                    using ReferenceTensor up = new(1, gate.Columns) { Rows = 1 };
                    using ReferenceTensor output = new(1, result.Length) { Rows = 1 };
                    Row(input, row).CopyTo(x.Row(0));
                    Linear(x, [Target(experts.Gate[expert], gate), Target(experts.Up[expert], up)]);
                    GatedLinear(gate, up, routing.Activation, [Target(experts.Down[expert], output)]);
                    for (int i = 0; i < result.Length; i++)
                        result[i] += Math.Exp(score[expert] - score[chosen[0]]) / sum * output.Row(0)[i];
                }
            }
            else
            {
                Array.Fill(result, double.NaN);
            }

            result.CopyTo(Row(destination, row));
        }

        static LinearTarget Target(LinearWeight weight, DeviceTensor output) => new(weight.Weight, weight.Bias, output);
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

    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets)
    {
        using DeviceTensor normalized = Like(hidden);
        Normalize(hidden, addend, norm, normalized);
        Linear(normalized, targets);
    }

    public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets)
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

    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination)
    {
        foreach (SequenceSlice sequence in _batch.Sequences)
        {
            for (int row = sequence.FirstRow; row < sequence.FirstRow + sequence.RowCount; row++)
            {
                for (int head = 0; head < shape.Heads; head++)
                    AttendHead(sequence, row, head, queries, shape, sinks is null ? null : ((ReferenceWeight)sinks).Row(0)[head], (ReferenceKvCache)cache, layer, destination);
            }
        }
    }

    public override void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination)
    {
        for (int row = 0; row < gate.Rows; row++)
        {
            for (int i = 0; i < gate.Columns; i++)
            {
                double x = Row(gate, row)[i];
                double factor = up is null ? 1 : Row(up, row)[i];
                Row(destination, row)[i] = activation switch
                {
                    Activation.Silu => x / (1 + Math.Exp(-x)) * factor,
                    Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) * factor,
                    Activation.Gelu => 0.5 * x * (1 + PlainFeedForward.Erf(x / Math.Sqrt(2))) * factor,
                    Activation.ClampedSwiglu => Math.Min(x, 7) / (1 + Math.Exp(-1.702 * Math.Min(x, 7))) * (Math.Clamp(factor, -7, 7) + 1),
                    _ => throw new ArgumentOutOfRangeException(nameof(activation)),
                };
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

    public override int MostSelected => 256;

    public override void SelectTop(DeviceTensor logits, int count, ReadOnlySpan<float> temperatures)
    {
        _selectedCount = count;
        _selected = new PlainSelection[logits.Rows];
        for (int row = 0; row < logits.Rows; row++)
            _selected[row] = PlainSelection.Of(ReadRow(logits, row), count, temperatures[row]);
    }

    public override void ReadTop(Span<int> counts, Span<float> sums, Span<float> values, Span<int> tokens)
    {
        for (int row = 0; row < _selected.Length; row++)
            _selected[row].CopyTo(row, _selectedCount, counts, sums, values, tokens);
    }

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

    private static void Replace(DeviceTensor tensor, Func<double, double> function)
    {
        for (int row = 0; row < tensor.Rows; row++)
        {
            foreach (ref double x in Row(tensor, row))
                x = function(x);
        }
    }

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
        SequenceSlice sequence, int row, int head, DeviceTensor queries, AttentionShape shape, float? sink, ReferenceKvCache cache, int layer, DeviceTensor destination)
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
            if (shape.SoftCap != 0)
                scores[position] = shape.SoftCap * Math.Tanh(scores[position] / shape.SoftCap);
            if (scores.Length - position > shape.Window)
                scores[position] = double.NegativeInfinity;
        }

        double largest = Math.Max(scores.Max(), sink ?? double.NegativeInfinity);
        double sum = scores.Sum(score => Math.Exp(score - largest)) + (sink is { } score ? Math.Exp(score - largest) : 0);
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
