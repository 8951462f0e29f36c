namespace Inference.Templating;

/// <summary>Parses operators, by Jinja's precedence (which differs from Python's for signs and <c>**</c>).</summary>
internal sealed class ExpressionParser
{
    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private readonly TokenStream _tokens;
    private readonly UnknownNames _unknown;
    private readonly OperandParser _operands;

    public ExpressionParser(TokenStream tokens, UnknownNames unknown, TemplateNames names, HashSet<string> mentioned)
    {
        _tokens = tokens;
        _unknown = unknown;
        _operands = new OperandParser(this, tokens, unknown, names, mentioned);
    }

    public Expression Parse(bool withCondition = true)
    {
        _tokens.Enter();
        Expression result = withCondition ? ParseConditional() : ParseOr();
        _tokens.Leave();
        return result;
    }

    /// <summary>An expression, or several with commas between them as a tuple.</summary>
    public Expression ParseTuple(bool withCondition = true, string? endName = null)
    {
        TextPosition at = _tokens.Current.At;
        if (IsTupleEnd(endName))
            throw _tokens.Unexpected("an expression");
        Expression first = Parse(withCondition);
        if (!_tokens.Current.IsSymbol(","))
            return first;
        var items = new List<Expression> { first };
        while (_tokens.SkipSymbol(",") && !IsTupleEnd(endName))
            items.Add(Parse(withCondition));
        return new TupleExpression(at, [.. items]);
    }

    /// <summary>What can be assigned to: names, tuples of them and, where allowed, attributes of namespaces.</summary>
    public Expression ParseTarget(bool withNamespace = false, string? endName = null)
    {
        TextPosition at = _tokens.Current.At;
        Expression first = _operands.ParseTarget(withNamespace);
        if (!_tokens.Current.IsSymbol(","))
            return first;
        var items = new List<Expression> { first };
        while (_tokens.SkipSymbol(",") && !IsTupleEnd(endName))
            items.Add(_operands.ParseTarget(withNamespace));
        return new TupleExpression(at, [.. items]);
    }

    public ArgumentList ParseArguments() => _operands.ParseArguments();

    public FilterExpression ParseFilter(Expression? input) => _operands.ParseFilter(input);

    public Expression ParseOperand() => _operands.ParseUnary(withFilters: true);

    private bool IsTupleEnd(string? endName)
    {
        Token token = _tokens.Current;
        return token.Kind is TokenKind.BlockEnd or TokenKind.PrintEnd || token.IsSymbol(")") || (endName is not null && token.IsName(endName));
    }

    private Expression ParseConditional()
    {
        int mark = _unknown.Mark;
        TextPosition at = _tokens.Current.At;
        Expression then = ParseOr();
        while (_tokens.SkipName("if"))
        {
            Expression condition = ParseOr();
            Expression? otherwise = _tokens.SkipName("else") ? Parse() : null;
            then = new ConditionalExpression(at, condition, then, otherwise);
            _unknown.Forgive(mark);
        }
        return then;
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (_tokens.Current.IsName("or"))
            left = new LogicalExpression(_tokens.Next().At, IsAnd: false, left, ParseAnd());
        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (_tokens.Current.IsName("and"))
            left = new LogicalExpression(_tokens.Next().At, IsAnd: true, left, ParseNot());
        return left;
    }

    private Expression ParseNot()
    {
        if (!_tokens.Current.IsName("not"))
            return ParseComparison();
        TextPosition at = _tokens.Next().At;
        _tokens.Enter();
        Expression operand = ParseNot();
        _tokens.Leave();
        return new NotExpression(at, operand);
    }

    private Expression ParseComparison()
    {
        Expression first = ParseSum();
        TextPosition at = _tokens.Current.At;
        var rest = new List<(string, Expression)>();
        while (ReadComparison() is string comparison)
            rest.Add((comparison, ParseSum()));
        return rest.Count == 0 ? first : new ComparisonExpression(at, first, [.. rest]);
    }

    private string? ReadComparison()
    {
        Token token = _tokens.Current;
        if (token.Kind == TokenKind.Symbol && Array.IndexOf(_comparisons, token.Text) >= 0)
            return _tokens.Next().Text;
        if (_tokens.SkipName("in"))
            return "in";
        if (!token.IsName("not") || !_tokens.Following.IsName("in"))
            return null;
        _tokens.Next();
        _tokens.Next();
        return "not in";
    }

    private Expression ParseSum()
    {
        Expression left = ParseConcatenation();
        while (_tokens.Current.IsSymbol("+") || _tokens.Current.IsSymbol("-"))
        {
            Token token = _tokens.Next();
            left = new BinaryExpression(token.At, token.Text, left, ParseConcatenation());
        }
        return left;
    }

    private Expression ParseConcatenation()
    {
        TextPosition at = _tokens.Current.At;
        Expression first = ParseProduct();
        if (!_tokens.Current.IsSymbol("~"))
            return first;
        var parts = new List<Expression> { first };
        while (_tokens.SkipSymbol("~"))
            parts.Add(ParseProduct());
        return new ConcatenationExpression(at, [.. parts]);
    }

    private Expression ParseProduct()
    {
        Expression left = ParsePower();
        while (_tokens.Current is { Kind: TokenKind.Symbol, Text: "*" or "/" or "//" or "%" })
        {
            Token token = _tokens.Next();
            left = new BinaryExpression(token.At, token.Text, left, ParsePower());
        }
        return left;
    }

    private Expression ParsePower()
    {
        Expression left = ParseOperand();
        while (_tokens.Current.IsSymbol("**"))
        {
            Token token = _tokens.Next();
            left = new BinaryExpression(token.At, token.Text, left, ParseOperand());
        }
        return left;
    }
}
