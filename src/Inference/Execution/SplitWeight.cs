namespace Inference.Execution;

/// <summary>A weight of a <see cref="SplitDevice"/>: on the device whose layer has it; a tied table may be on two.</summary>
internal sealed class SplitWeight(DeviceWeight?[] inner, int owner) : DeviceWeight(inner[owner]!.Rows, inner[owner]!.Columns)
{
    /// <summary>The part that computes with it: of a tied table the one that has the head.</summary>
    public int Owner => owner;

    public override long ByteLength => inner.Sum(weight => weight?.ByteLength ?? 0);

    public override long PendingBytes => inner.Sum(weight => weight?.PendingBytes ?? 0);

    /// <summary>The part's own.</summary>
    public DeviceWeight On(int part) => inner[part] ?? throw new ArgumentException("The weight is on another device than what it is used with.");

    protected override void Dispose(bool disposing)
    {
        foreach (DeviceWeight? weight in inner)
            weight?.Dispose();
    }
}
