using System.Runtime.InteropServices;
using Inference.Cpu.Linear;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Cpu;

/// <summary>Computes on the processor, at once: every operation has finished when it returns.</summary>
/// <remarks>
/// Each operation deals its rows, heads or elements to a <see cref="ThreadTeam"/>. An element is always computed in the same order of
/// operations, in lanes whose meaning does not depend on the width of the machine's vectors, so that results are equal bit for bit
/// for every batch, number of threads and instruction set. Once the largest step has been seen, nothing is allocated.
/// The innermost loops are compiled with full optimisation at once: a first prompt would otherwise run through unoptimised ones.
/// </remarks>
internal sealed unsafe class CpuDevice : Device
{
    // Models have one or two embeddings; with more than these per step, angles are computed again for each layer.
    private const int RopeTables = 4;

    // More rows are more likely to be followed by others, and computing them takes longer than finding memory for the weights.
    private const int MostStreamedRows = 256;

    private readonly KernelWidth _kernels;
    private readonly ThreadTeam _team;
    private readonly CpuStep _step = new();
    private readonly AttentionKernel _attention;
    private readonly QuantizedActivations _activations = new();
    private readonly ExpertMixer _mixer;
    private readonly NativeBuffer _position = new();
    private readonly RopeTable[] _ropes;
    private readonly List<CpuWeight> _unpacked = [];
    private readonly HashSet<TensorType> _types = [];
    private LinearCall[] _calls = new LinearCall[4];
    private int[] _largest = [];
    private int _largestCount;
    private long _stepNumber;

    /// <summary>Starts the device's threads.</summary>
    /// <param name="threads">Workers, the calling thread included; at least 1. <see cref="ThreadTeam.DefaultThreads"/> suits most machines.</param>
    /// <param name="kernels">Which kernels to compute with.</param>
    /// <exception cref="PlatformNotSupportedException">The machine lacks those kernels.</exception>
    /// <exception cref="ArgumentException">The environment names kernels that do not exist.</exception>
    public CpuDevice(int threads, CpuKernels kernels = CpuKernels.Auto)
    {
        _kernels = KernelChoice.Resolve(kernels);
        _team = new ThreadTeam(threads);
        _attention = new AttentionKernel(assembled: _kernels == KernelWidth.Assembled);
        _mixer = new ExpertMixer(this, _team, _activations);
        _ropes = new RopeTable[RopeTables];
        for (int i = 0; i < RopeTables; i++)
            _ropes[i] = new RopeTable();
    }

    /// <inheritdoc/>
    public override string Name => $"CPU, {KernelChoice.Describe(_kernels)}, {_team.Count} {(_team.Count == 1 ? "thread" : "threads")}";

    /// <inheritdoc/>
    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use)
    {
        var weight = new CpuWeight(tensor, use);
        if (weight.Unpacked is null)
            return weight;
        _unpacked.Add(weight);
        if (_types.Add(tensor.Type))
            Task.Run(() => PackedMatrix.PrepareKernel(tensor.Type, _kernels));
        return weight;
    }

    /// <inheritdoc/>
    public override void CompleteUploads(Action<long>? completed = null, CancellationToken cancellation = default)
    {
        CpuWeight.Pack(_unpacked, _team, _kernels, completed, cancellation);
        _unpacked.Clear();
    }

    /// <inheritdoc/>
    public override DeviceTensor Allocate(int capacity, int columns) => new CpuTensor(capacity, columns);

    /// <inheritdoc/>
    public override DeviceKvCache AllocateKvCache(KvCacheShape shape) => new CpuKvCache(shape);

    /// <inheritdoc/>
    public override void CopyBlock(DeviceKvCache cache, int source, int destination) => ((CpuKvCache)cache).Copy(source, destination);

    /// <inheritdoc/>
    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination) => ((CpuKvCache)cache).Export(block, destination);

    /// <inheritdoc/>
    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source) => ((CpuKvCache)cache).Import(block, source);

    /// <inheritdoc/>
    public override void Begin(StepBatch batch)
    {
        _stepNumber++;
        _step.Load(batch);
    }

    /// <inheritdoc/>
    public override void Embed(DeviceWeight table, DeviceTensor destination)
    {
        StoredTensor stored = ((CpuWeight)table).Table ?? throw new ArgumentException("The weight was not uploaded as an embedding.", nameof(table));
        CheckShape(destination, _step.RowCount, table.Columns);
        var tokens = new ReadOnlySpan<int>(_step.Tokens, _step.RowCount);
        if (tokens.ContainsAnyExceptInRange(0, table.Rows - 1))
            throw new ArgumentException($"The step has a token outside of the table's {table.Rows} rows.", nameof(table));
        EmbedKernel.Run(_team, stored, _step.Tokens, _step.RowCount, Data(destination));
    }

    /// <inheritdoc/>
    public override void EmbedPositions(DeviceWeight table, DeviceTensor destination)
    {
        StoredTensor stored = ((CpuWeight)table).Table ?? throw new ArgumentException("The weight was not uploaded as an embedding.", nameof(table));
        CheckShape(destination, _step.RowCount, table.Columns);
        if (new ReadOnlySpan<int>(_step.Positions, _step.RowCount).ContainsAnyExceptInRange(0, table.Rows - 1))
            throw new ArgumentException($"The step has a position outside of the table's {table.Rows} rows.", nameof(table));
        _position.Reserve((nuint)table.Columns * sizeof(float));
        for (int row = 0; row < _step.RowCount; row++)
        {
            BlockFormat.Dequantize(stored.Type, stored.Row(_step.Positions[row]), new Span<float>(_position.Data, table.Columns));
            ElementKernel.Add(((CpuTensor)destination).Row(row), (float*)_position.Data, table.Columns);
        }
    }

    /// <inheritdoc/>
    public override void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination)
    {
        CheckShape(destination, hidden.Rows, hidden.Columns);
        if (addend is not null)
            CheckShape(addend, hidden.Rows, hidden.Columns);
        int length = norm.Gain.Columns;
        if (hidden.Columns % length != 0)
            throw new ArgumentException($"A gain of {length} does not divide {hidden.Columns} columns.", nameof(norm));
        nint runs = (nint)hidden.Rows * (hidden.Columns / length);
        NormKernel.Run(_team, Data(hidden), addend is null ? null : Data(addend), Addresses(norm), Data(destination), runs, length);
    }

    /// <inheritdoc/>
    public override void Add(DeviceTensor destination, DeviceTensor addend)
    {
        CheckShape(addend, destination.Rows, destination.Columns);
        ElementKernel.Add(_team, Data(destination), Data(addend), (nint)destination.Rows * destination.Columns);
    }

    /// <inheritdoc/>
    public override void Scale(DeviceTensor tensor, float factor) =>
        ElementKernel.Scale(_team, Data(tensor), factor, (nint)tensor.Rows * tensor.Columns);

    /// <inheritdoc/>
    public override void SoftCap(DeviceTensor tensor, float cap) =>
        ElementKernel.SoftCap(_team, Data(tensor), cap, (nint)tensor.Rows * tensor.Columns);

    /// <inheritdoc/>
    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets) =>
        Linear(new LinearInput(Data(input), input.Rows, input.Columns), targets);

    /// <inheritdoc/>
    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets)
    {
        if (addend is not null)
            CheckShape(addend, hidden.Rows, hidden.Columns);
        if (norm.Gain.Columns != hidden.Columns)
            throw new ArgumentException($"A gain of {norm.Gain.Columns} for {hidden.Columns} columns.", nameof(norm));
        var rows = new NormalizedRows
        {
            Hidden = Data(hidden),
            Addend = addend is null ? null : Data(addend),
            Norm = Addresses(norm),
            Columns = hidden.Columns,
        };
        Linear(new LinearInput(&NormalizedRows.Compute, &rows, hidden.Rows, hidden.Columns), targets);
    }

    /// <inheritdoc/>
    public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets)
    {
        CheckGate(gate, up, activation);
        var rows = new GatedRows { Gate = Data(gate), Up = up is null ? null : Data(up), Activation = activation, Columns = gate.Columns };
        Linear(new LinearInput(&GatedRows.Compute, &rows, gate.Rows, gate.Columns), targets);
    }

    /// <inheritdoc/>
    public override void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination)
    {
        CheckShape(scores, input.Rows, experts.Down.Length);
        CheckShape(destination, input.Rows, input.Columns);
        if (routing.Chosen < 1 || routing.Chosen > experts.Down.Length || experts.Gate.Length != experts.Down.Length || experts.Up.Length != experts.Down.Length)
            throw new ArgumentException($"{routing.Chosen} of {experts.Gate.Length} gates, {experts.Up.Length} ups and {experts.Down.Length} downs.", nameof(routing));
        _mixer.Mix((CpuTensor)input, (CpuTensor)scores, routing, experts, (CpuTensor)destination);
    }

    /// <inheritdoc/>
    public override void RotateAndStore(
        DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer)
    {
        var cpuCache = (CpuKvCache)cache;
        CheckAttention(queries, shape, cpuCache, layer);
        CheckShape(keys, _step.RowCount, shape.KvHeads * shape.HeadSize);
        CheckShape(values, _step.RowCount, shape.KvHeads * shape.HeadSize);
        RotateKernel.Run(_team, _step, Data(queries), Data(keys), Data(values), rope is null ? null : Angles(rope, shape), shape, cpuCache.Layout, layer);
    }

    /// <inheritdoc/>
    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination)
    {
        var cpuCache = (CpuKvCache)cache;
        CheckAttention(queries, shape, cpuCache, layer);
        CheckShape(destination, queries.Rows, queries.Columns);
        if (shape.Window < 1)
            throw new ArgumentException($"A window of {shape.Window} positions.", nameof(shape));
        // Scores are compared before they are scaled.
        if (!(shape.Scale > 0))
            throw new ArgumentException($"A scale of {shape.Scale}.", nameof(shape));
        if (sinks is not null && sinks.Columns != shape.Heads)
            throw new ArgumentException($"{sinks.Columns} sinks for {shape.Heads} heads.", nameof(sinks));
        _attention.Run(_team, _step, Data(queries), shape, sinks is null ? null : Vector(sinks), cpuCache.Layout, layer, Data(destination));
    }

    /// <inheritdoc/>
    public override void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination)
    {
        CheckGate(gate, up, activation);
        CheckShape(destination, gate.Rows, gate.Columns);
        GateKernel.Run(_team, Data(gate), up is null ? null : Data(up), activation, Data(destination), (nint)gate.Rows * gate.Columns);
    }

    /// <inheritdoc/>
    public override void SelectRows(DeviceTensor source, DeviceTensor destination)
    {
        CheckShape(source, _step.RowCount, source.Columns);
        CheckShape(destination, _step.LogitRows.Length, source.Columns);
        for (int i = 0; i < destination.Rows; i++)
            Span((CpuTensor)source, _step.LogitRows[i]).CopyTo(Span((CpuTensor)destination, i));
    }

    /// <inheritdoc/>
    public override void ArgMax(DeviceTensor logits)
    {
        if (_largest.Length < logits.Rows)
            _largest = new int[logits.Capacity];
        _largestCount = logits.Rows;
        fixed (int* largest = _largest)
            ArgMaxKernel.Run(_team, Data(logits), logits.Rows, logits.Columns, largest);
    }

    /// <inheritdoc/>
    public override void ReadArgMax(Span<int> tokens) => _largest.AsSpan(0, _largestCount).CopyTo(tokens);

    /// <inheritdoc/>
    public override void WriteRows(DeviceTensor tensor, ReadOnlySpan<float> source) =>
        source.CopyTo(new Span<float>(((CpuTensor)tensor).Data, tensor.Rows * tensor.Columns));

    /// <inheritdoc/>
    public override int HostWorkers => _team.Count;

    /// <inheritdoc/>
    public override void RunOnHost(IHostWork work)
    {
        using var handle = new GCHandle<IHostWork>(work);
        _team.Run(&Share, (void*)GCHandle<IHostWork>.ToIntPtr(handle));

        static void Share(int worker, void* state) => GCHandle<IHostWork>.FromIntPtr((nint)state).Target.Run(worker);
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Rows);
        return Span((CpuTensor)tensor, row);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _team.Dispose();
        _step.Dispose();
        _attention.Dispose();
        _activations.Dispose();
        _mixer.Dispose();
        _position.Dispose();
        foreach (RopeTable table in _ropes)
            table.Dispose();
    }

    /// <summary>One linear layer of a run.</summary>
    /// <param name="layer">Its weights.</param>
    /// <param name="columns">Columns of the input.</param>
    /// <param name="output">Receives [rows, outputs].</param>
    /// <param name="outputs">Columns of the output.</param>
    /// <param name="rows">The rows of the input that it reads.</param>
    /// <exception cref="ArgumentException">The weights have other dimensions.</exception>
    internal LinearCall Call(LinearWeight layer, int columns, float* output, int outputs, RowGroup rows)
    {
        (DeviceWeight weight, DeviceWeight? bias) = layer;
        PackedMatrix matrix = ((CpuWeight)weight).Matrix ?? MatrixNow((CpuWeight)weight, rows.Count);
        if (weight.Columns != columns || weight.Rows != outputs)
            throw new ArgumentException($"A weight of [{weight.Rows}, {weight.Columns}] where [{outputs}, {columns}] is due.", nameof(layer));
        if (bias is not null && bias.Columns != weight.Rows)
            throw new ArgumentException($"A bias has {bias.Columns} elements, not {weight.Rows}.", nameof(layer));
        return new LinearCall(matrix, bias is null ? null : Vector(bias), output, outputs, rows);
    }

    /// <summary>A matrix whose packing was put off. The step that first needs it reads it as it is stored, so that a first token comes soon; the next packs it, with all others that have been read.</summary>
    private PackedMatrix MatrixNow(CpuWeight weight, int rows)
    {
        if (weight.Unpacked is null)
            throw new ArgumentException("A weight was not uploaded for linear layers.", nameof(weight));
        if (rows <= MostStreamedRows && weight.Stream(_stepNumber, _kernels) is { } streamed)
            return streamed;
        CpuWeight.Pack(_unpacked.Where(other => other == weight || other.StreamedStep < _stepNumber), _team, _kernels, packed: null, CancellationToken.None);
        _unpacked.RemoveAll(other => other.Matrix is not null);
        return weight.Matrix!;
    }

    private void Linear(in LinearInput input, ReadOnlySpan<LinearTarget> targets)
    {
        if (_calls.Length < targets.Length)
            _calls = new LinearCall[targets.Length];
        for (int i = 0; i < targets.Length; i++)
        {
            (DeviceWeight weight, DeviceWeight? bias, DeviceTensor output) = targets[i];
            CheckShape(output, input.Rows, weight.Rows);
            _calls[i] = Call(new LinearWeight(weight, bias), input.Columns, Data(output), output.Columns, new RowGroup(0, input.Rows));
        }

        LinearKernel.Run(_team, input, _activations, _calls.AsSpan(0, targets.Length));
    }

    private RopeTable Angles(Rope rope, AttentionShape shape)
    {
        if (2 * rope.InverseFrequencies.Length > shape.HeadSize)
            throw new ArgumentException($"A head of {shape.HeadSize} elements has no {rope.InverseFrequencies.Length} pairs to turn.", nameof(rope));

        RopeTable chosen = _ropes[0];
        foreach (RopeTable table in _ropes)
        {
            if (ReferenceEquals(table.Rope, rope))
            {
                chosen = table;
                break;
            }

            if (table.IsStale(_step))
                chosen = table;
        }

        chosen.Prepare(rope, _step, _team);
        return chosen;
    }

    private void CheckAttention(DeviceTensor queries, AttentionShape shape, CpuKvCache cache, int layer)
    {
        CheckShape(queries, _step.RowCount, shape.Heads * shape.HeadSize);
        if (cache.Shape.KvHeads != shape.KvHeads || cache.Shape.HeadSize != shape.HeadSize || shape.Heads % shape.KvHeads != 0)
            throw new ArgumentException($"{shape} does not fit {cache.Shape}.", nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, cache.Shape.Layers);
        _step.CheckBlocks(cache);
    }

    private static void CheckShape(DeviceTensor tensor, int rows, int columns)
    {
        if (tensor.Rows != rows || tensor.Columns != columns)
            throw new ArgumentException($"Activations of [{tensor.Rows}, {tensor.Columns}] where [{rows}, {columns}] are due.", nameof(tensor));
    }

    private static void CheckGate(DeviceTensor gate, DeviceTensor? up, Activation activation)
    {
        if (up is not null)
            CheckShape(up, gate.Rows, gate.Columns);
        else if (activation == Activation.ClampedSwiglu)
            throw new ArgumentNullException(nameof(up), $"{activation} has two factors.");
    }

    private static CpuNorm Addresses(Norm norm)
    {
        if (norm.Bias is { } bias && (norm.Kind != NormKind.Layer || bias.Columns != norm.Gain.Columns))
            throw new ArgumentException($"A bias of {bias.Columns} elements does not go with {norm.Kind} and a gain of {norm.Gain.Columns}.", nameof(norm));
        return new CpuNorm { Kind = norm.Kind, Gain = Vector(norm.Gain), Bias = norm.Bias is null ? null : Vector(norm.Bias), Epsilon = norm.Epsilon };
    }

    private static float* Data(DeviceTensor tensor) => ((CpuTensor)tensor).Data;

    private static Span<float> Span(CpuTensor tensor, int row) => new(tensor.Row(row), tensor.Columns);

    private static float* Vector(DeviceWeight weight)
    {
        float* vector = ((CpuWeight)weight).Vector;
        return vector is not null ? vector : throw new ArgumentException("A weight was not uploaded as a vector.", nameof(weight));
    }
}
