using Inference.Diagnostics;
using Inference.Formats;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Execution;

/// <summary>What a backend must do. Models are written against this alone.</summary>
/// <remarks>
/// <para>Operations return nothing: a device may compute at once or only enqueue. Only <see cref="ReadArgMax"/> and
/// <see cref="ReadRow"/> wait for what was enqueued before and bring something back to the host.</para>
/// <para>Each operation computes a row in one order of additions that depends on nothing but the row itself (and, for attention,
/// the positions before it): never on how many rows there are, where the row stands among them, or the number of threads.
/// That is what makes a request's logits bit-identical whatever else runs.</para>
/// <para>Not thread-safe: one thread at a time calls a device.</para>
/// </remarks>
public abstract class Device : IDisposable
{
    /// <summary>What computes, for people: instruction sets, threads, or the name of a card.</summary>
    public abstract string Name { get; }

    /// <summary>Where the device writes what it does, apart from what the engine writes. The engine sets it to its own before anything else.</summary>
    public virtual ILoggerFactory LoggerFactory
    {
        get => field;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
            Logger = new GuardedLogger(value.CreateLogger(GetType()));
        }
    } = NullLoggerFactory.Instance;

    /// <summary>The device's own log, under the name of its type. It never throws: where a host's log cannot be written, steps go on.</summary>
    protected ILogger Logger { get; private set; } = NullLogger.Instance;

    /// <summary>Brings a weight into the device's memory and layout.</summary>
    /// <param name="tensor">The stored weight; its bytes must stay mapped as long as the device weight lives.</param>
    /// <param name="use">What the weight is for; several flags may be set (a tied embedding and head).</param>
    /// <exception cref="NotSupportedException">The device cannot compute with that type or shape.</exception>
    /// <remarks>A device may put the work off until <see cref="CompleteUploads"/> or, at the latest, until an operation needs the weight.</remarks>
    public abstract DeviceWeight Upload(StoredTensor tensor, WeightUse use);

    /// <summary>Brings a weight of a known layer into the device's memory. Devices that are one ignore the layer.</summary>
    /// <param name="tensor">The stored weight.</param>
    /// <param name="use">What the weight is for.</param>
    /// <param name="layer">The decoder layer that it belongs to, from 0; null for what comes before or after the layers.</param>
    /// <exception cref="NotSupportedException">The device cannot compute with that type or shape.</exception>
    public virtual DeviceWeight Upload(StoredTensor tensor, WeightUse use, int? layer) => Upload(tensor, use);

    /// <summary>Learns what a model will ask for, before anything is uploaded or allocated.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Bytes that keys and values may take beside it. Null: the device computes in the host's memory, and the host's rule holds.</returns>
    /// <exception cref="DeviceMemoryException">The model does not fit.</exception>
    public virtual long? Prepare(ModelFootprint model) => null;

    /// <summary>Bytes of its memory that the device may still use; null where it does not know or has the host's.</summary>
    public virtual long? FreeBytes => null;

    /// <summary>Bytes that a weight will take in the device's layout.</summary>
    /// <param name="tensor">The stored weight.</param>
    public virtual long BytesOf(StoredTensor tensor) => tensor.ByteLength;

    /// <summary>Does what uploads have put off, all weights together. Nothing has to call it: without, operations do it when they first need a weight.</summary>
    /// <param name="completed">Told, on the calling thread, how many more stored bytes are done; null for nobody.</param>
    /// <param name="cancellation">Gives up; what is not done stays put off.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public virtual void CompleteUploads(Action<long>? completed = null, CancellationToken cancellation = default)
    {
    }

    /// <summary>Allocates activations.</summary>
    /// <param name="capacity">The most rows.</param>
    /// <param name="columns">Elements a row.</param>
    public abstract DeviceTensor Allocate(int capacity, int columns);

    /// <summary>Allocates a key-value cache.</summary>
    /// <param name="shape">The dimensions.</param>
    public abstract DeviceKvCache AllocateKvCache(KvCacheShape shape);

    /// <summary>Copies a block of the cache, keys and values of all layers, onto another. Not part of a step; what was enqueued before sees the old contents.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="source">The block to copy; unchanged.</param>
    /// <param name="destination">The block that becomes like it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cache has no such block.</exception>
    public abstract void CopyBlock(DeviceKvCache cache, int source, int destination);

    /// <summary>Copies a block of the cache, keys and values of all layers, to the host. Not part of a step; waits for what was enqueued before.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="block">The block; unchanged.</param>
    /// <param name="destination">Receives <see cref="KvCacheShape.BytesPerBlock"/> bytes, as <see cref="DeviceKvCache.BlockFormat"/> orders them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cache has no such block.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public abstract void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination);

    /// <summary>Makes a block of the cache what <see cref="ReadBlock"/> read from one of a cache with the same dimensions and format. Not part of a step; what was enqueued before sees the old contents.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="block">The block to overwrite.</param>
    /// <param name="source"><see cref="KvCacheShape.BytesPerBlock"/> bytes, of which nothing is needed when this returns.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cache has no such block.</exception>
    /// <exception cref="ArgumentException">The source has another length.</exception>
    public abstract void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source);

    /// <summary>Starts a step: the operations that follow, up to the next call, are about this batch.</summary>
    /// <param name="batch">Tokens, positions, block tables; must not change until the step's reads are done.</param>
    public abstract void Begin(StepBatch batch);

    /// <summary>Looks up the embedding of each row's token.</summary>
    /// <param name="table">[vocabulary, width].</param>
    /// <param name="destination">[rows of the batch, width].</param>
    public abstract void Embed(DeviceWeight table, DeviceTensor destination);

    /// <summary>Adds to each row the embedding of its position.</summary>
    /// <param name="table">[positions, width]; has a row for every position of the step.</param>
    /// <param name="destination">[rows of the batch, width].</param>
    public abstract void EmbedPositions(DeviceWeight table, DeviceTensor destination);

    /// <summary>Normalises rows, with the residual addition before it: hidden += addend, where there is one; then destination = norm(hidden).</summary>
    /// <param name="hidden">The residual stream; changed only where there is an addend.</param>
    /// <param name="addend">The output of the layer before, or null.</param>
    /// <param name="norm">The formula and its vectors, whose length divides hidden's columns.</param>
    /// <param name="destination">Same shape as hidden; may be hidden itself.</param>
    public abstract void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination);

    /// <summary>destination += addend, element by element.</summary>
    /// <param name="destination">[rows, columns].</param>
    /// <param name="addend">[rows, columns].</param>
    public abstract void Add(DeviceTensor destination, DeviceTensor addend);

    /// <summary>tensor *= factor, element by element.</summary>
    /// <param name="tensor">[rows, columns].</param>
    /// <param name="factor">Any finite number.</param>
    public abstract void Scale(DeviceTensor tensor, float factor);

    /// <summary>tensor = cap x tanh(tensor / cap), element by element.</summary>
    /// <param name="tensor">[rows, columns].</param>
    /// <param name="cap">Above 0.</param>
    public abstract void SoftCap(DeviceTensor tensor, float cap);

    /// <summary>Applies linear layers that read the same input.</summary>
    /// <param name="input">[rows, input features].</param>
    /// <param name="targets">The layers and where their results go.</param>
    public abstract void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets);

    /// <summary>Applies linear layers to a normalised residual stream: <see cref="Normalize"/>, then <see cref="Linear"/>. The normalised rows need not be stored anywhere.</summary>
    /// <param name="hidden">[rows, input features]; changed only where there is an addend.</param>
    /// <param name="addend">The output of the layer before, or null.</param>
    /// <param name="norm">The formula and its vectors, as long as a row.</param>
    /// <param name="targets">The layers and where their results go; at least one, and none goes to hidden or addend.</param>
    public abstract void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets);

    /// <summary>Applies linear layers to an activation: <see cref="Gate"/>, then <see cref="Linear"/>. The product need not be stored anywhere.</summary>
    /// <param name="gate">[rows, input features].</param>
    /// <param name="up">[rows, input features], or null.</param>
    /// <param name="activation">The non-linearity.</param>
    /// <param name="targets">The layers that read activation(gate) x up, and where their results go; none goes to gate or up.</param>
    public abstract void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets);

    /// <summary>Has each row computed by the experts that it scores highest, and mixes their outputs.</summary>
    /// <remarks>
    /// destination = sum of weight x down(activation(gate(input)) x up(input)) over the row's experts, added in the order of their rank,
    /// the highest score first. A row with a score that is not finite becomes NaN, and no other row is touched by it.
    /// </remarks>
    /// <param name="input">[rows, width].</param>
    /// <param name="scores">[rows, experts]; unchanged.</param>
    /// <param name="routing">Which experts compute a row, and how their outputs are weighted.</param>
    /// <param name="experts">The experts.</param>
    /// <param name="destination">[rows, width]; not the input.</param>
    public abstract void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination);

    /// <summary>Turns queries and keys by their positions and writes keys and values into the cache.</summary>
    /// <param name="queries">[rows, heads x head size]; turned in place.</param>
    /// <param name="keys">[rows, key-value heads x head size].</param>
    /// <param name="values">[rows, key-value heads x head size].</param>
    /// <param name="rope">The rotary embedding, or null for layers without one.</param>
    /// <param name="shape">Heads and their size.</param>
    /// <param name="cache">Where keys and values go.</param>
    /// <param name="layer">Which layer of the cache.</param>
    public abstract void RotateAndStore(DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer);

    /// <summary>Causal attention of every row over its sequence's cached positions, its own included.</summary>
    /// <param name="queries">[rows, heads x head size].</param>
    /// <param name="shape">Heads, size, scale, and what a row sees.</param>
    /// <param name="sinks">A score for each query head that takes its part in the softmax and has no value (attention sinks), or null.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="layer">Which layer of it.</param>
    /// <param name="destination">[rows, heads x head size].</param>
    public abstract void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination);

    /// <summary>destination = activation(gate) x up, element by element; without up, activation(gate).</summary>
    /// <param name="gate">[rows, width].</param>
    /// <param name="up">[rows, width], or null. <see cref="Activation.ClampedSwiglu"/> needs it.</param>
    /// <param name="activation">The non-linearity.</param>
    /// <param name="destination">[rows, width]; may be gate or up.</param>
    public abstract void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination);

    /// <summary>Copies the rows whose logits are wanted: destination row i is source row <see cref="StepBatch.LogitRows"/>[i].</summary>
    /// <param name="source">[rows of the batch, width].</param>
    /// <param name="destination">[logit rows of the batch, width].</param>
    public abstract void SelectRows(DeviceTensor source, DeviceTensor destination);

    /// <summary>Finds the largest element of each row; the lowest index wins among equals.</summary>
    /// <param name="logits">[logit rows, vocabulary].</param>
    public abstract void ArgMax(DeviceTensor logits);

    /// <summary>Waits for the last <see cref="ArgMax"/> and copies its results to the host.</summary>
    /// <param name="tokens">Receives one index for each row; -1 for a row that holds a NaN or no finite number.</param>
    public abstract void ReadArgMax(Span<int> tokens);

    /// <summary>Waits for what was enqueued and gives one row to the host. Between two operations any number of threads may read.</summary>
    /// <param name="tensor">Any activations.</param>
    /// <param name="row">The row.</param>
    /// <returns>The row's elements, valid until the next operation.</returns>
    public abstract ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row);

    /// <summary>Waits for what was enqueued and copies all rows in use to the host.</summary>
    /// <param name="tensor">Any activations.</param>
    /// <param name="destination">Rows x columns elements.</param>
    public virtual void ReadRows(DeviceTensor tensor, Span<float> destination)
    {
        for (int row = 0; row < tensor.Rows; row++)
            ReadRow(tensor, row).CopyTo(destination[(row * tensor.Columns)..]);
    }

    /// <summary>Replaces all rows in use by the host's.</summary>
    /// <param name="tensor">Any activations.</param>
    /// <param name="source">Rows x columns elements, of which nothing is needed when this returns.</param>
    public abstract void WriteRows(DeviceTensor tensor, ReadOnlySpan<float> source);

    /// <summary>The most threads that <see cref="RunOnHost"/> spreads work over, the caller's included; at least 1.</summary>
    public virtual int HostWorkers => 1;

    /// <summary>Has work of the host done by the threads that otherwise compute, where the device has such, and returns when it is done.</summary>
    /// <param name="work">Called once for every worker. Must not throw, and of the device's members call only <see cref="ReadRow"/>.</param>
    public virtual void RunOnHost(IHostWork work) => work.Run(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the device. Weights, tensors and caches are disposed by their owners first.</summary>
    /// <param name="disposing">Whether this is called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
