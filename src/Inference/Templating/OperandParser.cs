using System.Text;

namespace Inference.Templating;

/// <summary>Parses operands: literals, names and parentheses, and what is appended to them (access, calls, filters, tests).</summary>
internal sealed class OperandParser(ExpressionParser expressions, TokenStream tokens, UnknownNames unknown, TemplateNames names, HashSet<string> mentioned)
{
    public Expression ParseUnary(bool withFilters)
    {
        Token token = tokens.Current;
        Expression operand;
        if (token.IsSymbol("-") || token.IsSymbol("+"))
        {
            tokens.Next();
            tokens.Enter();
            operand = new UnaryExpression(token.At, token.Text == "-", ParseUnary(withFilters: false));
            tokens.Leave();
        }
        else
            operand = ParsePrimary();
        operand = ParsePostfix(operand);
        return withFilters ? ParseFiltersAndTests(operand) : operand;
    }

    public Expression ParseTarget(bool withNamespace)
    {
        Token token = tokens.Current;
        if (token.IsSymbol("("))
        {
            tokens.Next();
            tokens.Enter();
            Expression inner = expressions.ParseTarget(withNamespace);
            tokens.Leave();
            tokens.ExpectSymbol(")");
            return inner;
        }
        if (token.Kind != TokenKind.Name || IsConstant(token.Text))
            throw tokens.Unexpected("a name to assign to");
        tokens.Next();
        if (!withNamespace || !tokens.SkipSymbol("."))
            return new NameExpression(token.At, token.Text);
        return new NamespaceTarget(token.At, token.Text, tokens.Expect(TokenKind.Name, "an attribute's name").Text);
    }

    public ArgumentList ParseArguments()
    {
        tokens.ExpectSymbol("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? spread = null;
        Expression? namedSpread = null;
        while (!tokens.Current.IsSymbol(")"))
        {
            bool isFirst = positional.Count == 0 && named.Count == 0 && spread is null && namedSpread is null;
            if (!isFirst)
            {
                tokens.ExpectSymbol(",");
                if (tokens.Current.IsSymbol(")"))
                    break;
            }
            if (positional.Count + named.Count == TemplateLimits.Parameters)
                throw tokens.Fail($"a call has more than {TemplateLimits.Parameters} arguments");
            if (namedSpread is not null)
                throw tokens.Fail("an argument follows '**'");
            if (tokens.Current.IsSymbol("*") && spread is null)
            {
                tokens.Next();
                spread = expressions.Parse();
            }
            else if (tokens.SkipSymbol("**"))
                namedSpread = expressions.Parse();
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Following.IsSymbol("="))
            {
                string name = tokens.Next().Text;
                if (named.Any(pair => pair.Item1 == name))
                    throw tokens.Fail($"the argument '{name}' is given twice");
                tokens.Next();
                named.Add((name, expressions.Parse()));
            }
            else if (spread is null && named.Count == 0)
                positional.Add(expressions.Parse());
            else
                throw tokens.Fail("a positional argument follows a named one");
        }
        tokens.ExpectSymbol(")");
        return new([.. positional], [.. named], spread, namedSpread);
    }

    public FilterExpression ParseFilter(Expression? input)
    {
        TextPosition at = tokens.Current.At;
        string name = ParseDottedName("a filter's name");
        ArgumentList arguments = tokens.Current.IsSymbol("(") ? ParseArguments() : ArgumentList.Empty;
        if (!Filters.ByName.ContainsKey(name))
            unknown.Add($"there is no filter '{name}'", at);
        return new FilterExpression(at, input, name, arguments);
    }

    private static bool IsConstant(string name) => name is "true" or "false" or "none" or "True" or "False" or "None";

    private Expression ParsePrimary()
    {
        Token token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                if (!IsConstant(token.Text))
                {
                    if (token.Text is "caller" or "varargs" or "kwargs")
                        mentioned.Add(token.Text);
                    names.AddVariable(token.Text);
                    return new NameExpression(token.At, token.Text);
                }
                return new LiteralExpression(token.At, token.Text[0] is 't' or 'T' ? true : token.Text[0] is 'f' or 'F' ? false : null);
            case TokenKind.Number:
                tokens.Next();
                return new LiteralExpression(token.At, token.Value);
            case TokenKind.String:
                return ParseString();
            case TokenKind.Symbol when token.Text == "(":
                return ParseParentheses();
            case TokenKind.Symbol when token.Text == "[":
                tokens.Next();
                return new ListExpression(token.At, ParseItems("]"));
            case TokenKind.Symbol when token.Text == "{":
                return ParseMap();
            default:
                throw tokens.Unexpected("an expression");
        }
    }

    private LiteralExpression ParseString()
    {
        Token first = tokens.Next();
        names.AddKey(first.Text);
        if (tokens.Current.Kind != TokenKind.String)
            return new LiteralExpression(first.At, TemplateText.Own(first.Text));
        var text = new StringBuilder(first.Text);
        while (tokens.Current.Kind == TokenKind.String)
            text.Append(tokens.Next().Text);
        return new LiteralExpression(first.At, TemplateText.Own(text.ToString()));
    }

    private Expression ParseParentheses()
    {
        TextPosition at = tokens.Next().At;
        if (tokens.SkipSymbol(")"))
            return new TupleExpression(at, []);
        Expression inner = expressions.ParseTuple();
        tokens.ExpectSymbol(")");
        return inner;
    }

    private Expression[] ParseItems(string close)
    {
        var items = new List<Expression>();
        while (!tokens.Current.IsSymbol(close))
        {
            if (items.Count > 0)
            {
                tokens.ExpectSymbol(",");
                if (tokens.Current.IsSymbol(close))
                    break;
            }
            items.Add(expressions.Parse());
        }
        tokens.ExpectSymbol(close);
        return [.. items];
    }

    private MapExpression ParseMap()
    {
        TextPosition at = tokens.Next().At;
        var entries = new List<(Expression, Expression)>();
        while (!tokens.Current.IsSymbol("}"))
        {
            if (entries.Count > 0)
            {
                tokens.ExpectSymbol(",");
                if (tokens.Current.IsSymbol("}"))
                    break;
            }
            Expression key = expressions.Parse();
            tokens.ExpectSymbol(":");
            entries.Add((key, expressions.Parse()));
        }
        tokens.ExpectSymbol("}");
        return new MapExpression(at, [.. entries]);
    }

    private Expression ParsePostfix(Expression operand)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (token.IsSymbol("."))
                operand = ParseAttribute(operand);
            else if (token.IsSymbol("["))
                operand = ParseItem(operand);
            else if (token.IsSymbol("("))
                operand = new CallExpression(token.At, operand, ParseArguments());
            else
                return operand;
        }
    }

    private Expression ParseAttribute(Expression target)
    {
        TextPosition at = tokens.Next().At;
        Token token = tokens.Next();
        names.AddKey(token.Text);
        return token switch
        {
            { Kind: TokenKind.Name } => new AttributeExpression(at, target, token.Text),
            { Kind: TokenKind.Number, Value: long index } => new ItemExpression(at, target, new LiteralExpression(token.At, index)),
            _ => throw new ChatTemplateException($"expected a name or an index after '.', found {token}", token.At),
        };
    }

    private ItemExpression ParseItem(Expression target)
    {
        TextPosition at = tokens.Next().At;
        Expression key = ParseKey();
        if (!tokens.Current.IsSymbol(","))
        {
            tokens.ExpectSymbol("]");
            return new ItemExpression(at, target, key);
        }
        var keys = new List<Expression> { key };
        while (tokens.SkipSymbol(","))
            keys.Add(ParseKey());
        tokens.ExpectSymbol("]");
        return new ItemExpression(at, target, new TupleExpression(at, [.. keys]));
    }

    private Expression ParseKey()
    {
        TextPosition at = tokens.Current.At;
        Expression? start = null;
        if (!tokens.Current.IsSymbol(":"))
        {
            start = expressions.Parse();
            if (!tokens.Current.IsSymbol(":"))
                return start;
        }
        tokens.Next();
        Expression? stop = ParseSlicePart();
        Expression? step = tokens.SkipSymbol(":") ? ParseSlicePart() : null;
        return new SliceExpression(at, start, stop, step);
    }

    private Expression? ParseSlicePart() =>
        tokens.Current is { Kind: TokenKind.Symbol, Text: ":" or "]" or "," } ? null : expressions.Parse();

    private Expression ParseFiltersAndTests(Expression operand)
    {
        while (true)
        {
            if (tokens.SkipSymbol("|"))
                operand = ParseFilter(operand);
            else if (tokens.Current.IsName("is"))
                operand = ParseTest(operand);
            else if (tokens.Current.IsSymbol("("))
                operand = new CallExpression(tokens.Current.At, operand, ParseArguments());
            else
                return operand;
        }
    }

    private Expression ParseTest(Expression input)
    {
        TextPosition at = tokens.Next().At;
        bool negated = tokens.SkipName("not");
        string name = ParseDottedName("a test's name");
        ArgumentList arguments = ArgumentList.Empty;
        Token token = tokens.Current;
        if (token.IsSymbol("("))
            arguments = ParseArguments();
        else if (token.Kind is TokenKind.String or TokenKind.Number || token.IsSymbol("[") || token.IsSymbol("{")
            || (token.Kind == TokenKind.Name && token.Text is not ("else" or "or" or "and")))
        {
            if (token.IsName("is"))
                throw tokens.Fail("tests cannot be chained with 'is'");
            arguments = new([ParsePostfix(ParsePrimary())], [], null, null);
        }
        if (!ValueTests.ByName.ContainsKey(name))
            unknown.Add($"there is no test '{name}'", at);
        Expression test = new TestExpression(at, input, name, arguments);
        return negated ? new NotExpression(at, test) : test;
    }

    private string ParseDottedName(string what)
    {
        List<string> parts = [tokens.Expect(TokenKind.Name, what).Text];
        while (tokens.SkipSymbol("."))
            parts.Add(tokens.Expect(TokenKind.Name, what).Text);
        return string.Join('.', parts);
    }
}
