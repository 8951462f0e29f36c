namespace Inference.Hub;

/// <summary>How far a download has come.</summary>
/// <param name="File">The file that is being fetched, as the repository names it.</param>
/// <param name="FileBytes">Bytes of it that are here. Falls back to 0 where a file has to be fetched again from its start.</param>
/// <param name="FileTotal">Bytes that it has.</param>
/// <param name="Bytes">Bytes of all files of the model that are here; those that were in the cache before count.</param>
/// <param name="Total">Bytes of all files of the model that are known to be needed. Grows once where an index has to be read first.</param>
public readonly record struct HubProgress(string File, long FileBytes, long FileTotal, long Bytes, long Total)
{
    /// <summary>0 to 1.</summary>
    public double Fraction => Total == 0 ? 1 : (double)Bytes / Total;
}
