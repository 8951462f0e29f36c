using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Inference.Formats;
using Microsoft.Extensions.Logging;

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
    private readonly bool[] _hasBegun;
    private readonly Device _host;
    private LayerRange[]? _ranges;
    private int[] _partOfLayer = [];
    private StepBatch? _batch;
    private LinearTarget[] _targets = new LinearTarget[4];
    private float[] _moved = [];
    private int _largest;

    /// <summary>Takes the devices over.</summary>
    /// <param name="parts">In the order of their layers. The last one, without a limit, gets all that the others have no room for.</param>
    /// <exception cref="ArgumentException">There is no part, or a device twice.</exception>
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
        if (Parts.Distinct().Count() < Parts.Length)
            throw new ArgumentException("Each part must be a device of its own.", nameof(parts));
        _host = Parts.MaxBy(part => part.HostWorkers)!;
        _hasBegun = new bool[Parts.Length];
    }

    /// <inheritdoc/>
    public override string Name => string.Join(", ", Enumerable.Range(0, Parts.Length).Where(part => _ranges is null || _ranges[part].Count > 0).Select(Describe));

    /// <inheritdoc/>
    public override ILoggerFactory LoggerFactory
    {
        get => base.LoggerFactory;
        set
        {
            base.LoggerFactory = value;
            foreach (Device part in Parts)
                part.LoggerFactory = value;
        }
    }

    /// <inheritdoc/>
    public override long? FreeBytes => Parts.All(part => part.FreeBytes is not null) ? Parts.Sum(part => part.FreeBytes) : null;

    /// <inheritdoc/>
    public override int HostWorkers => _host.HostWorkers;

    /// <summary>The devices.</summary>
    internal Device[] Parts { get; }

    /// <summary>The part with the first layers.</summary>
    internal int FirstPart { get; private set; }

    private int LastPart { get; set; }

    private LayerRange[] Ranges => _ranges ?? throw new InvalidOperationException($"{nameof(Prepare)} comes before anything is uploaded or allocated.");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">All parts have a limit, and there are more layers.</exception>
    public override long? Prepare(ModelFootprint model)
    {
        ArgumentNullException.ThrowIfNull(model);
        LayerRange[] ranges = LayerRange.Deal(_deal, model);
        FirstPart = Math.Max(0, Array.FindIndex(ranges, range => range.Count > 0));
        LastPart = Math.Max(0, Array.FindLastIndex(ranges, range => range.Count > 0));
        long perLayer = long.MaxValue;
        int hostLayers = 0;
        for (int part = 0; part < Parts.Length; part++)
        {
            (int first, int count) = ranges[part];
            if (count == 0)
                continue;
            ModelFootprint share = model with
            {
                Layers = [.. model.Layers.Skip(first).Take(count)],
                Input = part == FirstPart ? model.Input : [],
                Output = part == LastPart ? model.Output : [],
            };
            if (Parts[part].Prepare(share) is { } bytes)
                perLayer = Math.Min(perLayer, bytes / count);
            else
                hostLayers += count;
        }

        _ranges = ranges;
        _partOfLayer = [.. ranges.SelectMany((range, part) => Enumerable.Repeat(part, range.Count))];
        if (hostLayers == model.Layers.Count)
            return null;
        // A device that says nothing computes in the host's memory, which must not be filled because a card is large.
        if (hostLayers > 0)
            perLayer = Math.Min(perLayer, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / hostLayers);
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
        _ = Ranges;
        int owner = layer is { } inLayer ? _partOfLayer[inLayer] : use == WeightUse.Embedding ? FirstPart : LastPart;
        try
        {
            if (layer is null && use == (WeightUse.Embedding | WeightUse.Linear) && FirstPart != owner)
            {
                inner[FirstPart] = Parts[FirstPart].Upload(tensor, WeightUse.Embedding, null);
                use = WeightUse.Linear;
            }

            inner[owner] = Parts[owner].Upload(tensor, use, layer);
        }
        catch
        {
            inner[FirstPart]?.Dispose();
            throw;
        }

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
        foreach ((int part, DeviceKvCache inner, _, _) in ((SplitKvCache)cache).Sections)
            Parts[part].CopyBlock(inner, source, destination);
    }

    /// <inheritdoc/>
    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination)
    {
        Check(cache, destination.Length, nameof(destination));
        foreach ((int part, DeviceKvCache inner, int start, int length) in ((SplitKvCache)cache).Sections)
            Parts[part].ReadBlock(inner, block, destination.Slice(start, length));
    }

    /// <inheritdoc/>
    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source)
    {
        Check(cache, source.Length, nameof(source));
        foreach ((int part, DeviceKvCache inner, int start, int length) in ((SplitKvCache)cache).Sections)
            Parts[part].WriteBlock(inner, block, source.Slice(start, length));
    }

    /// <inheritdoc/>
    public override void Begin(StepBatch batch)
    {
        // A part begins with its first operation, after it was given what that reads: its step is operations without a transfer between.
        _batch = batch;
        Array.Clear(_hasBegun);
    }

    /// <inheritdoc/>
    public override void Embed(DeviceWeight table, DeviceTensor destination) =>
        Begun(FirstPart).Embed(((SplitWeight)table).On(FirstPart), Split(destination).Write(FirstPart));

    /// <inheritdoc/>
    public override void EmbedPositions(DeviceWeight table, DeviceTensor destination) =>
        Begun(FirstPart).EmbedPositions(((SplitWeight)table).On(FirstPart), Split(destination).Change(FirstPart));

    /// <inheritdoc/>
    public override void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination)
    {
        int part = Owner(norm.Gain);
        (DeviceTensor inner, DeviceTensor? added) = Stream(part, hidden, addend);
        // Which may be the hidden rows themselves: those are there by now.
        Begun(part).Normalize(inner, added, On(part, norm), Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void Add(DeviceTensor destination, DeviceTensor addend)
    {
        int part = Split(destination).Holder;
        DeviceTensor inner = Split(addend).Read(part);
        Begun(part).Add(Split(destination).Change(part), inner);
    }

    /// <inheritdoc/>
    public override void Scale(DeviceTensor tensor, float factor)
    {
        int part = Split(tensor).Holder;
        Begun(part).Scale(Split(tensor).Change(part), factor);
    }

    /// <inheritdoc/>
    public override void SoftCap(DeviceTensor tensor, float cap)
    {
        int part = Split(tensor).Holder;
        Begun(part).SoftCap(Split(tensor).Change(part), cap);
    }

    /// <inheritdoc/>
    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets)
    {
        int part = Owner(targets[0].Weight);
        DeviceTensor inner = Split(input).Read(part);
        Begun(part).Linear(inner, On(part, targets));
    }

    /// <inheritdoc/>
    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets)
    {
        int part = Owner(targets[0].Weight);
        (DeviceTensor inner, DeviceTensor? added) = Stream(part, hidden, addend);
        Begun(part).NormalizedLinear(inner, added, On(part, norm), On(part, targets));
    }

    /// <inheritdoc/>
    public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets)
    {
        int part = Owner(targets[0].Weight);
        DeviceTensor inner = Split(gate).Read(part);
        DeviceTensor? other = up is null ? null : Split(up).Read(part);
        Begun(part).GatedLinear(inner, other, activation, On(part, targets));
    }

    /// <inheritdoc/>
    public override void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination)
    {
        int part = Owner(experts.Down[0].Weight);
        if (!_experts.TryGetValue(experts, out ExpertLayer? inner))
            _experts.Add(experts, inner = new ExpertLayer(On(part, experts.Gate), On(part, experts.Up), On(part, experts.Down)));
        (DeviceTensor rows, DeviceTensor scored) = (Split(input).Read(part), Split(scores).Read(part));
        Begun(part).MixExperts(rows, scored, routing, inner, Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void RotateAndStore(DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer)
    {
        int part = _partOfLayer[layer];
        (DeviceKvCache inner, int number) = ((SplitKvCache)cache).On(part, layer);
        (DeviceTensor turned, DeviceTensor stored, DeviceTensor beside) = (Split(queries).Change(part), Split(keys).Change(part), Split(values).Read(part));
        Begun(part).RotateAndStore(turned, stored, beside, rope, shape, inner, number);
    }

    /// <inheritdoc/>
    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination)
    {
        int part = _partOfLayer[layer];
        (DeviceKvCache inner, int number) = ((SplitKvCache)cache).On(part, layer);
        DeviceTensor asked = Split(queries).Read(part);
        Begun(part).Attend(asked, shape, (sinks as SplitWeight)?.On(part), inner, number, Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination)
    {
        int part = Split(gate).Holder;
        DeviceTensor inner = Split(gate).Read(part);
        DeviceTensor? other = up is null ? null : Split(up).Read(part);
        Begun(part).Gate(inner, other, activation, Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void SelectRows(DeviceTensor source, DeviceTensor destination)
    {
        int part = Split(source).Holder;
        Begun(part).SelectRows(Split(source).Read(part), Split(destination).Write(part));
    }

    /// <inheritdoc/>
    public override void ArgMax(DeviceTensor logits)
    {
        _largest = Split(logits).Holder;
        Begun(_largest).ArgMax(Split(logits).Read(_largest));
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
    public override void RunOnHost(IHostWork work) => _host.RunOnHost(work);

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
        List<Exception> errors = [];
        foreach (Device part in Parts)
        {
            try
            {
                part.Dispose();
            }
            catch (Exception error)
            {
                errors.Add(error);
            }
        }

        // One that cannot be released is no reason to keep the others.
        if (errors.Count > 0)
            throw new AggregateException(errors);
    }

    private static SplitTensor Split(DeviceTensor tensor) => (SplitTensor)tensor;

    private static int Owner(DeviceWeight weight) => ((SplitWeight)weight).Owner;

    private static void Check(DeviceKvCache cache, int length, string name)
    {
        if (length != cache.Shape.BytesPerBlock)
            throw new ArgumentException($"A block has {cache.Shape.BytesPerBlock} bytes, not {length}.", name);
    }

    /// <summary>The part, which knows of the step.</summary>
    private Device Begun(int part)
    {
        if (!_hasBegun[part] && _batch is { } batch)
        {
            Parts[part].Begin(batch);
            _hasBegun[part] = true;
        }

        return Parts[part];
    }

    private string Describe(int part) => _ranges is null || Parts.Length == 1
        ? Parts[part].Name
        : $"{Parts[part].Name} (layers {_ranges[part].First} to {_ranges[part].First + _ranges[part].Count - 1})";

    /// <summary>The residual stream, and what is still to be added to it. Where both are elsewhere, they are added there: one goes over instead of two.</summary>
    private (DeviceTensor Hidden, DeviceTensor? Addend) Stream(int part, DeviceTensor hidden, DeviceTensor? addend)
    {
        if (addend is null)
            return (Split(hidden).Read(part), null);
        int holder = Split(hidden).Holder;
        if (holder == part || holder != Split(addend).Holder || Split(addend).IsCurrent(part))
        {
            DeviceTensor added = Split(addend).Read(part);
            return (Split(hidden).Change(part), added);
        }

        Add(hidden, addend);
        return (Split(hidden).Read(part), null);
    }

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
