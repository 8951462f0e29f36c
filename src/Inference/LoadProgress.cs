namespace Inference;

/// <summary>How far loading has come.</summary>
/// <param name="BytesLoaded">Bytes of weights brought to the device so far.</param>
/// <param name="BytesTotal">Bytes of weights in all.</param>
public readonly record struct LoadProgress(long BytesLoaded, long BytesTotal)
{
    /// <summary>0 to 1.</summary>
    public double Fraction => BytesTotal == 0 ? 1 : (double)BytesLoaded / BytesTotal;
}
