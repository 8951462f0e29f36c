namespace Inference;

/// <summary>A conversation that was read back.</summary>
/// <param name="Tokens">The conversation's token ids: what the next prompt begins with.</param>
/// <param name="CachedTokens">Tokens whose keys and values are in the cache now, from the first on. Fewer than were saved where the cache had no room for all.</param>
/// <param name="SavedTokens">Tokens whose keys and values were saved.</param>
public sealed record RestoredConversation(IReadOnlyList<int> Tokens, int CachedTokens, int SavedTokens);
