using System.CommandLine;
using Inference.Tokenization;

namespace Inference.Cli.Commands;

/// <summary>Text to token ids, and back.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model("A GGUF file (one with only a vocabulary will do), a tokenizer.json, or a model folder.");
        Option<string?> text = new("--text") { Description = "The text; '-' reads the standard input, byte for byte: nothing is trimmed, and it need not be valid UTF-8.", HelpName = "TEXT|-" };
        Option<bool> noSpecial = new("--no-special") { Description = "Add no special tokens, such as the one that begins a text." };
        Option<bool> parseSpecial = new("--parse-special") { Description = "Read special tokens that are spelled out in the text; with --decode, spell them out." };
        Option<int[]?> decode = new("--decode") { Description = "Turn these ids into text instead.", HelpName = "IDS", CustomParser = NumberList.Parse };
        Option<bool> json = CommonOptions.Json();
        Command command = new("tokenize", "Turns text into token ids, or ids into text.") { model, text, noSpecial, parseSpecial, decode, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            string? given = arguments.GetValue(text);
            int[]? ids = arguments.GetResult(decode) is { Implicit: false } ? arguments.GetValue(decode) : null;
            if ((given is null) == (ids is null))
                throw new UserErrorException("Give either --text or --decode.");

            Tokenizer tokenizer = Tokenizer.Load(arguments.GetRequiredValue(model));
            bool special = arguments.GetValue(parseSpecial);
            if (ids is not null)
            {
                WriteText(Decode(tokenizer, ids, special), arguments.GetValue(json), terminal);
                return 0;
            }

            byte[] utf8 = await TextSource.ReadAsync(given!, terminal, cancellationToken);
            WriteTokens(tokenizer.Encode(utf8, addSpecial: !arguments.GetValue(noSpecial), parseSpecial: special), arguments.GetValue(json), terminal);
            return 0;
        });
        return command;
    }

    private static string Decode(Tokenizer tokenizer, int[] ids, bool includeSpecial)
    {
        TokenIds.Check(ids, tokenizer.VocabularySize);
        return tokenizer.Decode(ids, includeSpecial);
    }

    private static void WriteText(string text, bool json, Terminal terminal)
    {
        if (json)
            terminal.WriteJson(new Dictionary<string, object?> { ["text"] = text });
        else
            terminal.Output.WriteLine(text);
    }

    private static void WriteTokens(int[] tokens, bool json, Terminal terminal)
    {
        if (json)
            terminal.WriteJson(new Dictionary<string, object?> { ["tokens"] = tokens });
        else
            terminal.Output.WriteLine(string.Join(',', tokens));
    }
}
