using System.Security.Cryptography;
using System.Text;
using Inference.Execution;
using Inference.Formats;
using Inference.Models;

namespace Inference.Persistence;

/// <summary>Tells models apart whose keys and values differ, at a bounded cost: by dimensions, rotation, the list of tensors, and samples of their bytes.</summary>
/// <remarks>
/// Computed when first asked for, since it touches pages of the weights that loading need not touch. A model changed in none of the
/// samples passes for the original: a fingerprint finds mistakes, not forgeries. Safe from any thread.
/// </remarks>
internal sealed class ModelFingerprint(ModelFile file, DecoderConfig config) : IDisposable
{
    private const int SampleLength = 256;

    private readonly Lock _lock = new();
    private byte[]? _value;
    private bool _disposed;

    /// <summary>The fingerprint, 32 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The model is closed.</exception>
    public byte[] Value
    {
        get
        {
            // The lock keeps the file mapped while its bytes are read.
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return _value ??= Compute();
            }
        }
    }

    /// <summary>Before the file is closed.</summary>
    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
    }

    private byte[] Compute()
    {
        using var numbers = new MemoryStream();
        using (var writer = new BinaryWriter(numbers, Encoding.UTF8, leaveOpen: true))
        {
            Describe(writer);
            foreach (StoredTensor tensor in file.Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
                Describe(writer, tensor);
        }

        return SHA256.HashData(numbers.GetBuffer().AsSpan(0, (int)numbers.Length));
    }

    private void Describe(BinaryWriter writer)
    {
        writer.Write(config.Architecture.Name);
        writer.Write((int)config.Architecture.Activation);
        foreach (int number in new[] { config.Width, config.Layers, config.Heads, config.KvHeads, config.HeadSize, config.FeedForwardWidth })
            writer.Write(number);
        writer.Write(config.Epsilon);
        foreach (double number in new[] { config.AttentionScale ?? 0, config.AttentionCap, config.EmbeddingScale, config.ResidualScale, config.Window ?? 0, config.ChosenExperts })
            writer.Write(number);
        writer.Write(config.NormalizesExperts);
        for (int layer = 0; layer < config.Layers; layer++)
            writer.Write((byte)((config.IsLocal(layer) ? 1 : 0) + (config.HasRope(layer) ? 2 : 0) + (config.HasExperts(layer) ? 4 : 0)));
        if (!config.Architecture.LearnsPositions)
            Describe(writer, config.Rope.ToRope(config.RopeKind));
        if (config.LocalRope is { } local)
            Describe(writer, local.ToRope(config.RopeKind));
    }

    // The frequencies say all there is to say of the settings behind them.
    private static void Describe(BinaryWriter writer, Rope rope)
    {
        writer.Write((int)rope.Kind);
        writer.Write(rope.Magnitude);
        foreach (double frequency in rope.InverseFrequencies)
            writer.Write(frequency);
    }

    private static unsafe void Describe(BinaryWriter writer, StoredTensor tensor)
    {
        writer.Write(tensor.Name);
        writer.Write((int)tensor.Type);
        writer.Write(tensor.Shape.Length);
        foreach (long length in tensor.Shape)
            writer.Write(length);
        writer.Write(tensor.ByteLength);
        int sample = (int)Math.Min(SampleLength, tensor.ByteLength);
        foreach (long start in new[] { 0, (tensor.ByteLength - sample) / 2, tensor.ByteLength - sample })
            writer.Write(new ReadOnlySpan<byte>((byte*)tensor.Address + start, sample));
    }
}
