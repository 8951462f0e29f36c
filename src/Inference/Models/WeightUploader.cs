using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Takes tensors from a file, uploads them, remembers them for disposal, and reports.</summary>
internal sealed class WeightUploader(TensorSet tensors, Device device, List<DeviceWeight> all, Action<long> loaded, CancellationToken cancellation)
{
    /// <summary>The layer whose weights come next; null before and after the layers.</summary>
    public int? Layer { get; set; }

    public bool Has(string name) => tensors.Has(name);

    public bool FusesQueryKeyValue(DecoderConfig config) => tensors.FusesQueryKeyValue(config);

    public DeviceWeight Vector(string name, int length) => Put(tensors.Take(name, length), WeightUse.Vector);

    public DeviceWeight Matrix(string name, int rows, int columns) => Put(tensors.Take(name, rows, columns), WeightUse.Linear);

    public DeviceWeight Table(string name, int rows, int columns) => Put(tensors.Take(name, rows, columns), WeightUse.Embedding);

    /// <summary>Some rows of a matrix, or elements of a vector, that holds several weights.</summary>
    public DeviceWeight Part(string name, int first, int count, params ReadOnlySpan<long> whole)
    {
        StoredTensor tensor = tensors.Take(name, whole);
        return tensor.Shape.Length == 1
            ? Put(DerivedTensor.Gather(tensor, first, count), WeightUse.Vector)
            : Put(tensor.Slice(first, count, tensor.Columns), WeightUse.Linear);
    }

    public LinearWeight Expert(int layer, string part, int expert, int experts, int rows, int columns, bool mustHaveBias)
    {
        StoredTensor? bias = tensors.ExpertBias(layer, part, expert, experts, rows, mustHaveBias);
        return new LinearWeight(
            Put(tensors.Expert(layer, part, expert, experts, rows, columns), WeightUse.Linear),
            bias is null ? null : Put(bias, WeightUse.Vector));
    }

    /// <summary>A norm of the family's kind, whose tensors have this name before "weight" and "bias"; null where the name is.</summary>
    public Norm? Norm(string? name, int length, DecoderConfig config)
    {
        if (name is null)
            return null;
        NormKind kind = config.Architecture.Norm;
        return new Norm(kind, Vector(name + ".weight", length), kind == NormKind.Layer ? Vector(name + ".bias", length) : null, config.Epsilon);
    }

    /// <summary>Embedding and head, which are one tensor in many models.</summary>
    public (DeviceWeight Embedding, DeviceWeight Head) Head(int vocabulary, int width)
    {
        StoredTensor? table = tensors.TryTake(TensorNames.Embedding, vocabulary, width);
        StoredTensor? output = tensors.TryTake(TensorNames.Output, vocabulary, width);
        if (table is not null && output is not null)
            return (Put(table, WeightUse.Embedding), Put(output, WeightUse.Linear));

        // One of the two is there, or the size of the vocabulary would not be known.
        DeviceWeight both = Put((table ?? output)!, WeightUse.Embedding | WeightUse.Linear);
        return (both, both);
    }

    /// <summary>The divisors of rotary frequencies are read with the configuration.</summary>
    public void SkipRopeDivisors()
    {
        tensors.Skip(TensorNames.ShortRopeDivisors);
        tensors.Skip(TensorNames.LongRopeDivisors);
    }

    private DeviceWeight Put(StoredTensor tensor, WeightUse use)
    {
        cancellation.ThrowIfCancellationRequested();
        DeviceWeight weight = device.Upload(tensor, use, Layer);
        all.Add(weight);
        loaded(tensor.ByteLength - weight.PendingBytes);
        return weight;
    }
}
