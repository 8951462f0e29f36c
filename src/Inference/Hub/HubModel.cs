namespace Inference.Hub;

/// <summary>A model of the hub that lies, whole, in the cache.</summary>
/// <param name="Path">What to load: a GGUF file (of a split one the first), or the folder of a safetensors model, or the single file that was asked for.</param>
/// <param name="Repository">The repository, <c>owner/name</c>.</param>
/// <param name="Commit">The commit that the files are of: 40 hexadecimal digits.</param>
/// <param name="Files">The files, in the order of the repository's listing.</param>
/// <param name="IsFromCache">
/// Whether the hub was not asked, because the call was offline, the commit's files were all there, or the hub could not be reached: a
/// branch may have moved on since.
/// </param>
public sealed record HubModel(string Path, string Repository, string Commit, IReadOnlyList<HubFile> Files, bool IsFromCache);
