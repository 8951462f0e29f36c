namespace Inference.Templating;

internal enum TokenKind
{
    Text,
    BlockBegin,
    BlockEnd,
    PrintBegin,
    PrintEnd,
    Name,
    String,
    Number,
    Symbol,
    End,
}

/// <summary>One token of a template; <paramref name="Value"/> holds what a number literal means.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, TextPosition At, object? Value = null)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsSymbol(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public override string ToString() => Kind switch
    {
        TokenKind.BlockEnd => "the end of the statement",
        TokenKind.PrintEnd => "the end of the expression",
        TokenKind.End => "the end of the template",
        TokenKind.Text => "template text",
        TokenKind.BlockBegin => "'{%'",
        TokenKind.PrintBegin => "'{{'",
        TokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}
