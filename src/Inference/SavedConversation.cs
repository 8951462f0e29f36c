namespace Inference;

/// <summary>What was saved of a conversation.</summary>
/// <param name="Tokens">Tokens of the conversation, all of which are saved.</param>
/// <param name="CachedTokens">Tokens whose keys and values are saved with them, from the first on: whole cache blocks (<see cref="EngineOptions.KvBlockSize"/>).</param>
/// <param name="Bytes">Bytes written.</param>
public sealed record SavedConversation(int Tokens, int CachedTokens, long Bytes);
