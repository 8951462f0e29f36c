using System.Runtime.CompilerServices;

namespace Inference.Templating;

/// <summary>The parser's place in the tokens, and how deep it is.</summary>
internal sealed class TokenStream(List<Token> tokens)
{
    private int _index;
    private int _depth;

    public Token Current => tokens[_index];

    public Token Following => tokens[Math.Min(_index + 1, tokens.Count - 1)];

    public Token Next()
    {
        Token token = tokens[_index];
        if (_index + 1 < tokens.Count)
            _index++;
        return token;
    }

    public bool SkipName(string name)
    {
        bool found = Current.IsName(name);
        if (found)
            Next();
        return found;
    }

    public bool SkipSymbol(string symbol)
    {
        bool found = Current.IsSymbol(symbol);
        if (found)
            Next();
        return found;
    }

    public Token Expect(TokenKind kind, string what) =>
        Current.Kind == kind ? Next() : throw Unexpected(what);

    public void ExpectName(string name)
    {
        if (!SkipName(name))
            throw Unexpected($"'{name}'");
    }

    public void ExpectSymbol(string symbol)
    {
        if (!SkipSymbol(symbol))
            throw Unexpected($"'{symbol}'");
    }

    public ChatTemplateException Unexpected(string expected) => Fail($"expected {expected}, found {Current}");

    public ChatTemplateException Fail(string detail) => new(detail, Current.At);

    public void Enter()
    {
        if (++_depth > TemplateLimits.SyntaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Fail("the template is nested too deeply");
    }

    public void Leave() => _depth--;
}
