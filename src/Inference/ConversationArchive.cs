using Inference.KvCache;
using Inference.Persistence;
using Inference.Scheduling;

namespace Inference;

/// <summary>Saves conversations to streams and restores them. Safe from any thread.</summary>
internal sealed class ConversationArchive(LoadedModel loaded, EngineLoop loop)
{
    /// <summary>See <see cref="Generation.SaveAsync"/>.</summary>
    public async Task<SavedConversation> SaveAsync(int[] tokens, string? salt, Sequence? sequence, Stream stream, CancellationToken cancellationToken)
    {
        SnapshotHeader header = await Task.Run(Header, cancellationToken).ConfigureAwait(false) with { Tokens = tokens.Length };
        var export = new CacheExport(tokens, BlockHash.Root(salt), sequence);
        await RunAsync(export, cancellationToken).ConfigureAwait(false);
        header = header with { Shape = header.Shape with { Blocks = export.Blocks.Count } };
        await SnapshotWriter.WriteAsync(stream, header, tokens, export.Blocks, cancellationToken).ConfigureAwait(false);
        return new SavedConversation(tokens.Length, export.Blocks.Count * header.Shape.BlockSize, header.TotalLength);
    }

    /// <summary>See <see cref="InferenceEngine.RestoreAsync"/>.</summary>
    public async Task<RestoredConversation> RestoreAsync(Stream stream, string? salt, CancellationToken cancellationToken)
    {
        SnapshotHeader expected = await Task.Run(Header, cancellationToken).ConfigureAwait(false);
        Snapshot snapshot = await SnapshotReader.ReadAsync(stream, expected, loaded.Info.VocabularySize, loaded.Cache.Shape.Blocks, cancellationToken).ConfigureAwait(false);
        var import = new CacheImport(snapshot.Tokens, BlockHash.Root(salt), snapshot.Blocks);
        await RunAsync(import, cancellationToken).ConfigureAwait(false);
        int blockSize = expected.Shape.BlockSize;
        return new RestoredConversation(snapshot.Tokens, import.Restored * blockSize, snapshot.Header.Shape.Blocks * blockSize);
    }

    private SnapshotHeader Header() => new(loaded.Fingerprint.Value, loaded.Cache.Shape, loaded.Cache.BlockFormat, 0);

    private async Task RunAsync(CacheTransfer transfer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        loop.Post(new EngineCommand(EngineCommandKind.Transfer, Transfer: transfer));
        try
        {
            await transfer.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What it holds is given back at its next turn.
            transfer.Cancel();
            throw;
        }
    }
}
