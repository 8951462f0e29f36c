using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Execution;

/// <summary>Several devices as one: each computes a range of a model's layers, and activations go from one to the next.</summary>
/// <remarks>
/// <para>Embeddings are on the device with the first layers, the last norm and the head on the one with the last; a table that is both is
/// on both. An operation runs where its weights, or its layer of the cache, are; one without either runs where its operand is. Only what
/// the next device reads and does not have is copied, through the host.</para>
/// <para>Results are those that each device computes for its layers: with devices whose kernels compute the same bits, where the split
/// lies does not show.</para>
/// <para>Not thread-safe, as <see cref="Device"/> says.</para>
/// </remarks>
public sealed class SplitDevice : Device
{
    private readonly DevicePart[] _deal;
    private readonly Dictionary<Norm, Norm> _norms = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ExpertLayer, ExpertLayer> _experts = new(ReferenceEqualityComparer.Instance);
    private LayerRange[]? _ranges;
    private LinearTarget[] _targets = new LinearTarget[4];
    private float[] _moved = [];
    private int _largest;

    /// <summary>Takes the devices over.</summary>
    /// <param name="parts">In the order of their layers. The last one gets all that the others have no room for.</param>
    /// <exception cref="ArgumentException">There is no part.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A part has a negative number of layers.</exception>
    public SplitDevice(IReadOnlyList<DevicePart> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
            throw new ArgumentException("There must be a device.", nameof(parts));
        foreach (DevicePart part in parts)
            ArgumentOutOfRangeException.ThrowIfNegative(part.Layers ?? 0, nameof(parts));
        _deal = [.. parts];
        Parts = [.. parts.Select(part => part.Device)];
    }

    /// <inheritdoc/>
    public override string Name => string.Join(", ", Enumerable.Range(0, Parts.Length).Where(part => _ranges is null || _ranges[part].Count > 0).Select(Describe));

    /// <inheritdoc/>
    public override long? FreeBytes => Parts.All(part => part.FreeBytes is not null) ? Parts.Sum(part => part.FreeBytes) : null;

    /// <inheritdoc/>
    public override int HostWorkers => Host.HostWorkers;

    /// <summary>The devices.</summary>
    internal Device[] Parts { get; }

    private Device Host => Parts.MaxBy(part => part.HostWorkers)!;

    private LayerRange[] Ranges => _ranges ?? throw new InvalidOperationException($"{nameof(Prepare)} comes before anything is uploaded or allocated.");

    private int FirstPart => Array.FindIndex(Ranges, range => range.Count > 0);

    private int LastPart => Array.FindLastIndex(Ranges, range => range.Count > 0);

    /// <inheritdoc/>
    public override long? Prepare(ModelFootprint model)
    {
        _ranges = LayerRange.Deal(_deal, model);
        long? perLayer = null;
        for (int part = 0; part < Parts.Length; part++)
        {
            (int first, int count) = _ranges[part];
            if (count == 0)
                continue;
            ModelFootprint share = model with
            {
                Layers = [.. model.Layers.Skip(first).Take(count)],
                Input = part == FirstPart ? model.Input : [],
                Output = part == LastPart ? model.Output : [],
            };
            // A device that says nothing computes in the host's memory: it must not be filled because a card is large.
            long bytes = Parts[part].Prepare(share) ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
            perLayer = Math.Min(perLayer ?? long.MaxValue, bytes / count);
        }

        return perLayer * model.Layers.Count;
    }

    /// <inheritdoc/>
    public override long BytesOf(StoredTensor tensor) => Parts.Max(part => part.BytesOf(tensor));

    /// <inheritdoc/>
    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use) => Upload(tensor, use, null);

    /// <inheritdoc/>
    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use, int? layer)
    {
        var inner = new DeviceWeight?[Parts.Length];
        int owner = layer is { } inLayer ? PartOf(inLayer) : use == WeightUse.Embedding ? FirstPart : LastPart;
        if (layer is null && use == (WeightUse.Embedding | WeightUse.Linear) && FirstPart != owner)
        {
            inner[FirstPart] = Parts[FirstPart].Upload(tensor, WeightUse.Embedding);
            use = WeightUse.Linear;
        }

        inner[owner] = Parts[owner].Upload(tensor, use, layer);
        return new SplitWeight(inner, owner);
    }

    /// <inheritdoc/>
    public override void CompleteUploads(Action<long>? completed = null, CancellationToken cancellation = default)
    {
        foreach (Device part in Parts)
            part.CompleteUploads(completed, cancellation);
    }

    /// <inheritdoc/>
    public override DeviceTensor Allocate(int capacity, int columns) => new SplitTensor(this, capacity, columns);

    /// <inheritdoc/>
    public override DeviceKvCache AllocateKvCache(KvCacheShape shape)
    {
        var inner = new DeviceKvCache?[Parts.Length];
        try
        {
            for (int part = 0; part < Parts.Length; part++)
                inner[part] = Ranges[part].Count == 0 ? null : Parts[part].AllocateKvCache(shape with { Layers = Ranges[part].Count });
        }
        catch
        {
            foreach (DeviceKvCache? cache in inner)
                cache?.Dispose();
            throw;
        }

        return new SplitKvCache(shape, inner, Ranges);
    }

    /// <inheritdoc/>
    public override void CopyBlock(DeviceKvCache cache, int source, int destination)
    {
        foreach ((int part, DeviceKvCache inner, _, _) in ((SplitKvCache)cache).Sections())
            Parts[part].CopyBlock(inner, source, destination);
    }

    /// <inheritdoc/>
    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination)
    {
        Check(cache, destination.Length, nameof(destination));
        foreach ((int part, DeviceKvCache inner, int start, int length) in ((SplitKvCache)cache).Sections())
            Parts[part].ReadBlock(inner, block, destination.Slice(start, length));
    }

    /// <inheritdoc/>
    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source)
    {
        Check(cache, source.Length, nameof(source));
        foreach ((int part, DeviceKvCache inner, int start, int length) in ((SplitKvCache)cache).Sections())
            Parts[part].WriteBlock(inner, block, source.Slice(start, length));
    }

    /// <inheritdoc/>
    public override void Begin(StepBatch batch)
    {
        for (int part = 0; part < Parts.Length; part++)
        {
            if (Ranges[part].Count > 0)
                Parts[part].Begin(batch);
        }
    }

    /// <inheritdoc/>
    public override void Embed(DeviceWeight table, DeviceTensor destination) =>
        Parts[FirstPart].Embed(((SplitWeight)table).On(FirstPart), Split(destination).Write(FirstPart));

    /// <inheritdoc/>
    public override void EmbedPositions(DeviceWeight table, DeviceTensor destination) =>
        Parts[FirstPart].EmbedPositions(((SplitWeight)table).On(FirstPart), Split(destination).Change(FirstPart));

    /// <inheritdoc/>
    public override void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination)
    {
        int part = Owner(norm.Gain);
        (DeviceTensor inner, DeviceTensor? added) = Stream(part, hidden, addend);
        // Which may be the hidden rows themselves: those are there by now.
        Parts[part].Normalize(inner, added, On(part, norm), Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void Add(DeviceTensor destination, DeviceTensor addend)
    {
        int part = Split(destination).Holder;
        Parts[part].Add(Split(destination).Change(part), Split(addend).Read(part));
    }

    /// <inheritdoc/>
    public override void Scale(DeviceTensor tensor, float factor)
    {
        int part = Split(tensor).Holder;
        Parts[part].Scale(Split(tensor).Change(part), factor);
    }

    /// <inheritdoc/>
    public override void SoftCap(DeviceTensor tensor, float cap)
    {
        int part = Split(tensor).Holder;
        Parts[part].SoftCap(Split(tensor).Change(part), cap);
    }

    /// <inheritdoc/>
    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets)
    {
        int part = Owner(targets[0].Weight);
        DeviceTensor inner = Split(input).Read(part);
        Parts[part].Linear(inner, On(part, targets));
    }

    /// <inheritdoc/>
    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets)
    {
        int part = Owner(targets[0].Weight);
        (DeviceTensor inner, DeviceTensor? added) = Stream(part, hidden, addend);
        Parts[part].NormalizedLinear(inner, added, On(part, norm), On(part, targets));
    }

    /// <inheritdoc/>
    public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets)
    {
        int part = Owner(targets[0].Weight);
        DeviceTensor inner = Split(gate).Read(part);
        Parts[part].GatedLinear(inner, up is null ? null : Split(up).Read(part), activation, On(part, targets));
    }

    /// <inheritdoc/>
    public override void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination)
    {
        int part = Owner(experts.Down[0].Weight);
        if (!_experts.TryGetValue(experts, out ExpertLayer? inner))
            _experts.Add(experts, inner = new ExpertLayer(On(part, experts.Gate), On(part, experts.Up), On(part, experts.Down)));
        Parts[part].MixExperts(Split(input).Read(part), Split(scores).Read(part), routing, inner, Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void RotateAndStore(DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer)
    {
        int part = PartOf(layer);
        (DeviceKvCache inner, int number) = ((SplitKvCache)cache).On(part, layer);
        Parts[part].RotateAndStore(Split(queries).Change(part), Split(keys).Change(part), Split(values).Read(part), rope, shape, inner, number);
    }

    /// <inheritdoc/>
    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination)
    {
        int part = PartOf(layer);
        (DeviceKvCache inner, int number) = ((SplitKvCache)cache).On(part, layer);
        Parts[part].Attend(Split(queries).Read(part), shape, (sinks as SplitWeight)?.On(part), inner, number, Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination)
    {
        int part = Split(gate).Holder;
        DeviceTensor inner = Split(gate).Read(part);
        DeviceTensor? other = up is null ? null : Split(up).Read(part);
        Parts[part].Gate(inner, other, activation, Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void SelectRows(DeviceTensor source, DeviceTensor destination)
    {
        int part = Split(source).Holder;
        Parts[part].SelectRows(Split(source).Read(part), Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void ArgMax(DeviceTensor logits)
    {
        _largest = Split(logits).Holder;
        Parts[_largest].ArgMax(Split(logits).Read(_largest));
    }

    /// <inheritdoc/>
    public override void ReadArgMax(Span<int> tokens) => Parts[_largest].ReadArgMax(tokens);

    /// <inheritdoc/>
    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row)
    {
        int part = Split(tensor).Holder;
        return Parts[part].ReadRow(Split(tensor).Read(part), row);
    }

    /// <inheritdoc/>
    public override void ReadRows(DeviceTensor tensor, Span<float> destination)
    {
        int part = Split(tensor).Holder;
        Parts[part].ReadRows(Split(tensor).Read(part), destination);
    }

    /// <inheritdoc/>
    public override void WriteRows(DeviceTensor tensor, ReadOnlySpan<float> source) => Parts[FirstPart].WriteRows(Split(tensor).Write(FirstPart), source);

    /// <inheritdoc/>
    public override void RunOnHost(IHostWork work) => Host.RunOnHost(work);

    /// <summary>Copies rows from one part to another.</summary>
    internal void Move(int from, DeviceTensor source, int to, DeviceTensor target)
    {
        int length = source.Rows * source.Columns;
        if (_moved.Length < length)
            _moved = new float[source.Capacity * source.Columns];
        Span<float> rows = _moved.AsSpan(0, length);
        Parts[from].ReadRows(source, rows);
        Parts[to].WriteRows(target, rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (Device part in Parts)
            part.Dispose();
    }

    private static SplitTensor Split(DeviceTensor tensor) => (SplitTensor)tensor;

    private static int Owner(DeviceWeight weight) => ((SplitWeight)weight).Owner;

    private static void Check(DeviceKvCache cache, int length, string name)
    {
        if (length != cache.Shape.BytesPerBlock)
            throw new ArgumentException($"A block has {cache.Shape.BytesPerBlock} bytes, not {length}.", name);
    }

    private int PartOf(int layer) => Array.FindIndex(Ranges, range => layer >= range.First && layer < range.First + range.Count);

    private string Describe(int part) => _ranges is null || Parts.Length == 1
        ? Parts[part].Name
        : $"{Parts[part].Name} (layers {_ranges[part].First} to {_ranges[part].First + _ranges[part].Count - 1})";

    /// <summary>The residual stream, which changes where something is added to it.</summary>
    private static (DeviceTensor Hidden, DeviceTensor? Addend) Stream(int part, DeviceTensor hidden, DeviceTensor? addend) => addend is null
        ? (Split(hidden).Read(part), null)
        : (Split(hidden).Change(part), Split(addend).Read(part));

    private Norm On(int part, Norm norm)
    {
        if (!_norms.TryGetValue(norm, out Norm? inner))
            _norms.Add(norm, inner = norm with { Gain = ((SplitWeight)norm.Gain).On(part), Bias = (norm.Bias as SplitWeight)?.On(part) });
        return inner;
    }

    private Span<LinearTarget> On(int part, ReadOnlySpan<LinearTarget> targets)
    {
        if (_targets.Length < targets.Length)
            _targets = new LinearTarget[targets.Length];
        for (int i = 0; i < targets.Length; i++)
            _targets[i] = new LinearTarget(((SplitWeight)targets[i].Weight).On(part), (targets[i].Bias as SplitWeight)?.On(part), Split(targets[i].Output).Write(part));
        return _targets.AsSpan(0, targets.Length);
    }

    private static ImmutableArray<LinearWeight> On(int part, ImmutableArray<LinearWeight> weights) =>
        [.. weights.Select(weight => new LinearWeight(((SplitWeight)weight.Weight).On(part), (weight.Bias as SplitWeight)?.On(part)))];
}
