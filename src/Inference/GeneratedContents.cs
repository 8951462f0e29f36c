using System.Text;
using Inference.Tokenization;

namespace Inference;

/// <summary>Encodes renderings in which contents are kept as the tokens that they were generated as (<see cref="Message.ContentTokens"/>).</summary>
internal static class GeneratedContents
{
    /// <summary>Encodes a rendering.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="rendering">What the chat template made of the messages.</param>
    /// <param name="messages">The messages.</param>
    /// <exception cref="InvalidPromptException">A message's tokens do not spell its content.</exception>
    public static int[] Encode(Tokenizer tokenizer, IReadOnlyList<TextSegment> rendering, IReadOnlyList<Message> messages)
    {
        if (messages.All(message => message.ContentTokens is null))
            return tokenizer.Encode(rendering, addSpecial: false);

        List<int> output = [];
        int start = 0;
        foreach ((int place, IReadOnlyList<int> tokens) in Find(tokenizer, rendering, messages))
        {
            AddText(tokenizer, [.. rendering.Skip(start).Take(place - start)], output);
            output.AddRange(tokens);
            start = place + 1;
        }

        AddText(tokenizer, [.. rendering.Skip(start)], output);
        return [.. output];
    }

    /// <summary>Where contents stand that have tokens: segments of their own, in the order of the messages.</summary>
    private static IEnumerable<(int Place, IReadOnlyList<int> Tokens)> Find(Tokenizer tokenizer, IReadOnlyList<TextSegment> rendering, IReadOnlyList<Message> messages)
    {
        int from = 0;
        foreach (Message message in messages)
        {
            if (message.ContentTokens is { } tokens && !Spell(tokenizer, message.Content, tokens))
                throw new InvalidPromptException($"The {nameof(Message.ContentTokens)} of a message do not spell its content.");
            int place = from;
            while (place < rendering.Count && (rendering[place].ParsesSpecial || rendering[place].Text != message.Content))
                place++;
            if (place == rendering.Count)
                continue;
            from = place + 1;
            if (message.ContentTokens is { } found)
                yield return (place, found);
        }
    }

    /// <summary>Whether tokens are an encoding of a content: their texts are its text, and none is special.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="content">The content.</param>
    /// <param name="tokens">The tokens.</param>
    public static bool Spell(Tokenizer tokenizer, string content, IReadOnlyList<int> tokens)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(content);
        foreach (int token in tokens)
        {
            ReadOnlySpan<byte> bytes = tokenizer.TokenBytes(token);
            if (tokenizer.IsSpecial(token) || bytes.IsEmpty || !rest.StartsWith(bytes))
                return false;
            rest = rest[bytes.Length..];
        }

        return rest.IsEmpty;
    }

    private static void AddText(Tokenizer tokenizer, List<TextSegment> segments, List<int> output)
    {
        // Some vocabularies begin a text with a space of their own, which has no place after tokens: a mark takes the text's beginning.
        if (output.Count > 0 && (tokenizer.BeginOfText ?? tokenizer.EndOfText) is int mark && tokenizer.TokenText(mark) is { } spelling)
        {
            int[] marked = tokenizer.Encode([new TextSegment(spelling, ParsesSpecial: true), .. segments], addSpecial: false);
            if (marked is [var first, .. var rest] && first == mark)
            {
                output.AddRange(rest);
                return;
            }
        }

        output.AddRange(tokenizer.Encode(segments, addSpecial: false));
    }
}
