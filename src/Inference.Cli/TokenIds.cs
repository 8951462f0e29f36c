namespace Inference.Cli;

/// <summary>Token ids that a person typed.</summary>
internal static class TokenIds
{
    /// <summary>Refuses ids that the vocabulary does not have, by name.</summary>
    public static void Check(ReadOnlySpan<int> ids, int vocabularySize)
    {
        foreach (int id in ids)
        {
            if (id < 0 || id >= vocabularySize)
                throw new UserErrorException($"Token {id} is outside the vocabulary of {vocabularySize}: ids run from 0 to {vocabularySize - 1}.");
        }
    }
}
