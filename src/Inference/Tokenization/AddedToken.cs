using System.Text;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>A token that is found in a text before anything else.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">What to find; not empty.</param>
/// <param name="IsSpecial">A mark for the model, found only where the caller asks for such marks; other added tokens always are.</param>
/// <param name="StripLeft">White space before it belongs to it.</param>
/// <param name="StripRight">White space after it belongs to it.</param>
/// <param name="SingleWord">Found only where no word character touches it.</param>
/// <param name="IsForNormalized">Meant to be found in what normalising gives, and normalised itself.</param>
internal sealed record AddedToken(
    int Id, string Text, bool IsSpecial, bool StripLeft = false, bool StripRight = false, bool SingleWord = false, bool IsForNormalized = false)
{
    // Finding takes at most text x MaxBytes, and some thirty bytes of memory for each byte of all their texts.
    private const int MaxBytes = 1024;
    private const int MaxTotalBytes = 1 << 22;

    /// <summary>Refuses tokens that would make matching slow or large.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="field">Where in the file they come from.</param>
    /// <param name="tokens">All added tokens.</param>
    /// <exception cref="ModelFormatException">One is too long, or all together are.</exception>
    public static void Check(string path, string field, IReadOnlyCollection<AddedToken> tokens)
    {
        long total = 0;
        foreach (AddedToken token in tokens)
        {
            int length = Encoding.UTF8.GetByteCount(token.Text);
            total += length;
            if (length > MaxBytes)
                throw new ModelFormatException(path, field, -1, $"the text of token {token.Id} is longer than {MaxBytes} bytes");
        }

        if (total > MaxTotalBytes)
            throw new ModelFormatException(path, field, -1, $"the texts of special and user-defined tokens take more than {MaxTotalBytes} bytes");
    }
}
