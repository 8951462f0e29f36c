using Inference.Execution;

namespace Inference.Models;

/// <summary>The activations of a step, allocated once for the largest one.</summary>
internal sealed class DecoderBuffers : IDisposable
{
    public DecoderBuffers(Device device, DecoderConfig config, int vocabularySize, int maxRows, int maxLogitRows)
    {
        int keyWidth = config.KvHeads * config.HeadSize;
        Queries = device.Allocate(maxRows, config.Heads * config.HeadSize);
        Keys = device.Allocate(maxRows, keyWidth);
        Values = device.Allocate(maxRows, keyWidth);
        Stream = new StreamBuffers(device, config, maxRows);
        Last = new StreamBuffers(device, config, maxLogitRows);
        Logits = device.Allocate(maxLogitRows, vocabularySize);
    }

    /// <summary>Bytes that the activations of the largest step take.</summary>
    public static long BytesOf(DecoderConfig config, int vocabularySize, int maxRows, int maxLogitRows)
    {
        long stream = StreamBuffers.FloatsOf(config);
        long attention = (config.Heads + (2L * config.KvHeads)) * config.HeadSize;
        return sizeof(float) * (((stream + attention) * maxRows) + ((stream + vocabularySize) * maxLogitRows));
    }

    public DeviceTensor Queries { get; }

    public DeviceTensor Keys { get; }

    public DeviceTensor Values { get; }

    /// <summary>Of all rows.</summary>
    public StreamBuffers Stream { get; }

    /// <summary>Of the rows whose logits are wanted, in the last layer from attention's result on.</summary>
    public StreamBuffers Last { get; }

    public DeviceTensor Logits { get; }

    /// <summary>Sets the rows in use to those of a step.</summary>
    public void Resize(StepBatch batch)
    {
        Queries.Rows = Keys.Rows = Values.Rows = batch.RowCount;
        Stream.Resize(batch.RowCount);
        Last.Resize(batch.LogitRows.Length);
        Logits.Rows = batch.LogitRows.Length;
    }

    public void Dispose()
    {
        Queries.Dispose();
        Keys.Dispose();
        Values.Dispose();
        Stream.Dispose();
        Last.Dispose();
        Logits.Dispose();
    }
}
