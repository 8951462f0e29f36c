using Inference.Execution;

namespace Inference.Tests.Execution;

/// <summary>
/// Sequences with fixed random queries, keys and values, sent through a device in any order of steps:
/// whatever the steps, each position has one right result.
/// </summary>
/// <remarks>Activations come in through an embedding table, because the seam has no other way in: token = row of the table.</remarks>
internal sealed class AttentionScenario
{
    private const int Layers = 2;
    private const int Layer = 1;

    private readonly AttentionShape _shape;
    private readonly KvCacheShape _cacheShape;
    private readonly Rope? _rope;
    private readonly int[] _lengths;
    private readonly int[] _firstTokens;
    private readonly int[][] _blocks;
    private readonly int _tokens;
    private readonly float[] _queries;
    private readonly float[] _keys;
    private readonly float[] _values;
    private readonly float[]? _sinks;

    public AttentionScenario(int seed, AttentionShape shape, KvCacheType type, int blockSize, Rope? rope, params int[] lengths)
        : this(seed, shape, null, type, blockSize, rope, lengths)
    {
    }

    public AttentionScenario(int seed, AttentionShape shape, float[]? sinks, KvCacheType type, int blockSize, Rope? rope, params int[] lengths)
    {
        _sinks = sinks;
        var random = new Random(seed);
        _shape = shape;
        _rope = rope;
        _lengths = lengths;
        _firstTokens = new int[lengths.Length];
        for (int i = 0; i < lengths.Length; i++)
            _firstTokens[i] = lengths[..i].Sum();
        _tokens = lengths.Sum();
        _queries = HostTensor.Normal(random, _tokens * shape.Heads * shape.HeadSize, 1.5f);
        _keys = HostTensor.Normal(random, _tokens * shape.KvHeads * shape.HeadSize, 1.5f);
        _values = HostTensor.Normal(random, _tokens * shape.KvHeads * shape.HeadSize);

        int[] needed = [.. lengths.Select(length => (length + blockSize - 1) / blockSize)];
        int[] shuffled = [.. Enumerable.Range(0, needed.Sum() + 3)];
        random.Shuffle(shuffled);
        _blocks = [.. needed.Select((count, i) => shuffled.AsSpan(needed[..i].Sum(), count).ToArray())];
        _cacheShape = new KvCacheShape(Layers, shuffled.Length, blockSize, shape.KvHeads, shape.HeadSize, type);
    }

    /// <summary>Every sequence in one step of its own.</summary>
    public PlannedRows[][] Alone() => [.. _lengths.Select((length, i) => new[] { new PlannedRows(i, 0, length) })];

    /// <summary>All sequences in one step.</summary>
    public PlannedRows[][] Together() => [[.. _lengths.Select((length, i) => new PlannedRows(i, 0, length))]];

    /// <summary>One position of every unfinished sequence in each step.</summary>
    public PlannedRows[][] TokenByToken() =>
        [.. Enumerable.Range(0, _lengths.Max()).Select(position => _lengths
            .Select((length, i) => (length, i))
            .Where(sequence => position < sequence.length)
            .Select(sequence => new PlannedRows(sequence.i, position, 1))
            .ToArray())];

    /// <summary>Pieces of random length, of some of the sequences in random order, in each step.</summary>
    public PlannedRows[][] Ragged(int seed)
    {
        var random = new Random(seed);
        int[] done = new int[_lengths.Length];
        var steps = new List<PlannedRows[]>();
        while (done.Where((count, i) => count < _lengths[i]).Any())
        {
            var step = new List<PlannedRows>();
            int[] order = [.. Enumerable.Range(0, _lengths.Length)];
            random.Shuffle(order);
            foreach (int sequence in order)
            {
                int left = _lengths[sequence] - done[sequence];
                if (left == 0 || random.Next(4) == 0)
                    continue;
                int count = random.Next(3) == 0 ? 1 : random.Next(1, Math.Min(left, 70) + 1);
                step.Add(new PlannedRows(sequence, done[sequence], count));
                done[sequence] += count;
            }

            if (step.Count > 0)
                steps.Add([.. step]);
        }

        return [.. steps];
    }

    /// <summary>Runs the steps and gives the attention result of every position of every sequence, one after the other.</summary>
    public float[][] Run(Device device, PlannedRows[][] steps)
    {
        var results = new float[_tokens][];
        int width = _shape.Heads * _shape.HeadSize;
        int kvWidth = _shape.KvHeads * _shape.HeadSize;
        int capacity = steps.Max(step => step.Sum(rows => rows.Count));
        using DeviceWeight queryTable = device.Upload(HostTensor.F32(_queries, _tokens, width), WeightUse.Embedding);
        using DeviceWeight keyTable = device.Upload(HostTensor.F32(_keys, _tokens, kvWidth), WeightUse.Embedding);
        using DeviceWeight valueTable = device.Upload(HostTensor.F32(_values, _tokens, kvWidth), WeightUse.Embedding);
        using DeviceWeight? sinks = _sinks is null ? null : device.Upload(HostTensor.F32(_sinks, _sinks.Length), WeightUse.Vector);
        using DeviceTensor queries = device.Allocate(capacity, width);
        using DeviceTensor keys = device.Allocate(capacity, kvWidth);
        using DeviceTensor values = device.Allocate(capacity, kvWidth);
        using DeviceTensor output = device.Allocate(capacity, width);
        using DeviceKvCache cache = device.AllocateKvCache(_cacheShape);
        var batch = new StepBatch();
        foreach (PlannedRows[] step in steps)
        {
            batch.Clear();
            foreach (PlannedRows rows in step)
            {
                int[] tokens = [.. Enumerable.Range(_firstTokens[rows.Sequence] + rows.Start, rows.Count)];
                batch.Add(tokens, rows.Start, _blocks[rows.Sequence], wantsLogits: false);
            }

            queries.Rows = keys.Rows = values.Rows = output.Rows = batch.RowCount;
            device.Begin(batch);
            device.Embed(queryTable, queries);
            device.Embed(keyTable, keys);
            device.Embed(valueTable, values);
            device.RotateAndStore(queries, keys, values, _rope, _shape, cache, Layer);
            device.Attend(queries, _shape, sinks, cache, Layer, output);
            for (int row = 0; row < batch.RowCount; row++)
                results[batch.Tokens[row]] = device.ReadRow(output, row).ToArray();
        }

        return results;
    }
}
