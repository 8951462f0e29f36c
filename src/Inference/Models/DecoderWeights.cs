using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>All weights of a decoder on a device.</summary>
internal sealed class DecoderWeights : IDisposable
{
    private readonly List<DeviceWeight> _all = [];

    private DecoderWeights()
    {
    }

    public DeviceWeight Embedding { get; private set; } = null!;

    public Norm OutputNorm { get; private set; } = null!;

    public DeviceWeight Head { get; private set; } = null!;

    public DecoderLayer[] Layers { get; private set; } = [];

    /// <summary>Takes every tensor the architecture has a place for, and uploads it.</summary>
    /// <param name="tensors">The file's tensors.</param>
    /// <param name="config">The dimensions they must have.</param>
    /// <param name="device">Where they go.</param>
    /// <param name="buffers">Where the linear layers' results go.</param>
    /// <param name="loaded">Told the bytes of each tensor once it is uploaded, but for those that the device puts off.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    public static DecoderWeights Upload(TensorSet tensors, DecoderConfig config, Device device, DecoderBuffers buffers, Action<long> loaded, CancellationToken cancellation)
    {
        var weights = new DecoderWeights();
        try
        {
            weights.Fill(new Uploader(tensors, device, weights._all, loaded, cancellation), config, buffers);
            tensors.ThrowIfUnused();
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (DeviceWeight weight in _all)
            weight.Dispose();
    }

    private void Fill(Uploader upload, DecoderConfig config, DecoderBuffers buffers)
    {
        int vocabulary = buffers.Logits.Columns;
        int width = config.Width;
        upload.Head(vocabulary, width, out DeviceWeight embedding, out DeviceWeight head);
        Embedding = embedding;
        Head = head;
        Norm Norm(string name, int length) => new(NormKind.RootMeanSquare, upload.Vector(name, length), null, config.Epsilon);
        OutputNorm = Norm(TensorNames.OutputNorm, width);

        int queryWidth = config.Heads * config.HeadSize;
        int keyWidth = config.KvHeads * config.HeadSize;
        Layers = new DecoderLayer[config.Layers];
        for (int i = 0; i < Layers.Length; i++)
        {
            string Name(string part) => TensorNames.InLayer(i, part);
            LinearTarget Linear(string part, int rows, int columns, DeviceTensor output, bool mustHaveBias = false)
            {
                // Layers are alike: a bias that only some have was lost from the others, or belongs to something else.
                bool hasBias = mustHaveBias || upload.Has(TensorNames.InLayer(0, part + ".bias"));
                return new LinearTarget(upload.Matrix(Name(part + ".weight"), rows, columns), hasBias ? upload.Vector(Name(part + ".bias"), rows) : null, output);
            }

            bool normalizes = config.Architecture.NormalizesHeads;
            bool biases = config.Architecture.BiasesQueryKeyValue;
            Layers[i] = new DecoderLayer(
                Norm(Name("attn_norm.weight"), width),
                normalizes ? Norm(Name("attn_q_norm.weight"), config.HeadSize) : null,
                normalizes ? Norm(Name("attn_k_norm.weight"), config.HeadSize) : null,
                [
                    Linear("attn_q", queryWidth, width, buffers.Queries, biases),
                    Linear("attn_k", keyWidth, width, buffers.Keys, biases),
                    Linear("attn_v", keyWidth, width, buffers.Values, biases),
                ],
                [Linear("attn_output", width, queryWidth, buffers.Delta)],
                Norm(Name("ffn_norm.weight"), width),
                [
                    Linear("ffn_gate", config.FeedForwardWidth, width, buffers.Gate),
                    Linear("ffn_up", config.FeedForwardWidth, width, buffers.Up),
                ],
                [Linear("ffn_down", width, config.FeedForwardWidth, buffers.Delta)]);
        }
    }

    /// <summary>Takes, uploads, remembers for disposal, and reports.</summary>
    private sealed class Uploader(TensorSet tensors, Device device, List<DeviceWeight> all, Action<long> loaded, CancellationToken cancellation)
    {
        public DeviceWeight Vector(string name, int length) => Put(tensors.Take(name, length), WeightUse.Vector);

        public bool Has(string name) => tensors.Has(name);

        public DeviceWeight Matrix(string name, int rows, int columns) => Put(tensors.Take(name, rows, columns), WeightUse.Linear);

        /// <summary>Embedding and head, which are one tensor in many models.</summary>
        public void Head(int vocabulary, int width, out DeviceWeight embedding, out DeviceWeight head)
        {
            StoredTensor? table = tensors.TryTake(TensorNames.Embedding, vocabulary, width);
            StoredTensor? output = tensors.TryTake(TensorNames.Output, vocabulary, width);
            if (table is not null && output is not null)
            {
                embedding = Put(table, WeightUse.Embedding);
                head = Put(output, WeightUse.Linear);
                return;
            }

            // One of the two is there, or the size of the vocabulary would not be known.
            embedding = head = Put((table ?? output)!, WeightUse.Embedding | WeightUse.Linear);
        }

        private DeviceWeight Put(StoredTensor tensor, WeightUse use)
        {
            cancellation.ThrowIfCancellationRequested();
            DeviceWeight weight = device.Upload(tensor, use);
            all.Add(weight);
            loaded(tensor.ByteLength - weight.PendingBytes);
            return weight;
        }
    }
}
