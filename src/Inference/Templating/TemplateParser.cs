namespace Inference.Templating;

/// <summary>Parses a template's statements.</summary>
internal sealed class TemplateParser
{
    private readonly TokenStream _tokens;
    private readonly UnknownNames _unknown = new();
    private readonly TemplateNames _names = new();
    private readonly ExpressionParser _expressions;
    /// <summary>The implicit names of macros that were read since the innermost macro began: what it takes.</summary>
    private readonly HashSet<string> _mentioned = [];
    private int _loops;

    private TemplateParser(List<Token> tokens)
    {
        _tokens = new TokenStream(tokens);
        _expressions = new ExpressionParser(_tokens, _unknown, _names, _mentioned);
    }

    public static ParsedTemplate Parse(string source)
    {
        var parser = new TemplateParser(Lexer.Run(source));
        Statement[] body = parser.ParseBody();
        if (parser._tokens.Current.Kind != TokenKind.End)
            throw parser._tokens.Fail($"the statement '{parser._tokens.Following.Text}' does not belong here");
        parser._unknown.CloseScope();
        return new ParsedTemplate(body, parser._names);
    }

    /// <summary>Parses up to the tag that starts with one of the names, which stays, or to the end of the template.</summary>
    private Statement[] ParseBody(params ReadOnlySpan<string> until)
    {
        _tokens.Enter();
        var body = new List<Statement>();
        while (true)
        {
            Token token = _tokens.Current;
            if (token.Kind == TokenKind.Text)
                body.Add(new TextStatement(token.At, TemplateText.Own(_tokens.Next().Text)));
            else if (token.Kind == TokenKind.PrintBegin)
            {
                _tokens.Next();
                body.Add(new PrintStatement(token.At, _expressions.ParseTuple()));
                _tokens.Expect(TokenKind.PrintEnd, "the end of the expression");
            }
            else if (token.Kind == TokenKind.BlockBegin && !IsEnd(_tokens.Following, until))
                body.Add(ParseStatement());
            else if (token.Kind == TokenKind.End && until.Length > 0)
                throw _tokens.Fail($"the template ends before '{until[^1]}'");
            else
                break;
        }
        _tokens.Leave();
        return [.. body];
    }

    private static bool IsEnd(Token token, ReadOnlySpan<string> until) =>
        token.Kind == TokenKind.Name && (until.Contains(token.Text) || (until.IsEmpty && token.Text.StartsWith("end", StringComparison.Ordinal)));

    private Statement ParseStatement()
    {
        TextPosition at = _tokens.Next().At;
        Token tag = _tokens.Expect(TokenKind.Name, "a statement's name");
        Statement statement = tag.Text switch
        {
            "if" => ParseIf(at),
            "for" => ParseFor(at),
            "set" => ParseSet(at),
            "macro" => ParseMacro(at),
            "call" => ParseCall(at),
            "filter" => ParseFilterBlock(at),
            "with" => ParseWith(at),
            "generation" => ParseGeneration(at),
            "break" => new BreakStatement(InLoop(tag)),
            "continue" => new ContinueStatement(InLoop(tag)),
            _ => throw new ChatTemplateException($"unknown statement '{tag.Text}'", tag.At),
        };
        EndTag();
        return statement;
    }

    private void EndTag() => _tokens.Expect(TokenKind.BlockEnd, "the end of the statement");

    private TextPosition InLoop(Token tag) =>
        _loops > 0 ? tag.At : throw new ChatTemplateException($"'{tag.Text}' stands outside a loop", tag.At);

    /// <summary>Parses a body in a scope of its own, and the name that ends it.</summary>
    private Statement[] ParseScope(string end)
    {
        EndTag();
        _unknown.OpenScope();
        Statement[] body = ParseBody(end);
        _unknown.CloseScope();
        EnterEnd(end);
        return body;
    }

    private void EnterEnd(string end)
    {
        _tokens.Next();
        _tokens.ExpectName(end);
    }

    private IfStatement ParseIf(TextPosition at)
    {
        int mark = _unknown.Mark;
        var branches = new List<(Expression, Statement[])>();
        Statement[] otherwise = [];
        do
        {
            Expression condition = _expressions.ParseTuple(withCondition: false);
            EndTag();
            branches.Add((condition, ParseBody("elif", "else", "endif")));
            _tokens.Next();
        }
        while (_tokens.SkipName("elif"));
        if (_tokens.SkipName("else"))
        {
            EndTag();
            otherwise = ParseBody("endif");
            _tokens.Next();
        }
        _tokens.ExpectName("endif");
        _unknown.Forgive(mark);
        return new IfStatement(at, [.. branches], otherwise);
    }

    private ForStatement ParseFor(TextPosition at)
    {
        Expression target = _expressions.ParseTarget(endName: "in");
        if (Names(target).Contains("loop"))
            throw new ChatTemplateException("a loop cannot assign to 'loop'", target.At);
        _tokens.ExpectName("in");
        Expression items = _expressions.ParseTuple(withCondition: false, endName: "recursive");
        _unknown.OpenScope();
        Expression? filter = _tokens.SkipName("if") ? _expressions.Parse() : null;
        bool recursive = _tokens.SkipName("recursive");
        EndTag();
        _loops++;
        Statement[] body = ParseBody("else", "endfor");
        _loops--;
        _tokens.Next();
        Statement[] otherwise = [];
        if (_tokens.SkipName("else"))
        {
            EndTag();
            otherwise = ParseBody("endfor");
            _tokens.Next();
        }
        _unknown.CloseScope();
        _tokens.ExpectName("endfor");
        return new ForStatement(at, target, items, filter, recursive, body, otherwise);
    }

    private static IEnumerable<string> Names(Expression target) => target switch
    {
        NameExpression name => [name.Name],
        TupleExpression tuple => tuple.Items.SelectMany(Names),
        _ => [],
    };

    private Statement ParseSet(TextPosition at)
    {
        Expression target = _expressions.ParseTarget(withNamespace: true);
        if (_tokens.SkipSymbol("="))
            return new SetStatement(at, target, _expressions.ParseTuple());
        FilterExpression? filter = null;
        while (_tokens.SkipSymbol("|"))
            filter = _expressions.ParseFilter(filter);
        return new SetBlockStatement(at, target, filter, ParseScope("endset"));
    }

    private MacroStatement ParseMacro(TextPosition at)
    {
        Token name = _tokens.Expect(TokenKind.Name, "the macro's name");
        return new MacroStatement(at, ParseDefinition(name.Text, ParseParameters(), "endmacro"));
    }

    private (string, Expression?)[] ParseParameters()
    {
        var parameters = new List<(string Name, Expression? Default)>();
        _tokens.ExpectSymbol("(");
        while (!_tokens.Current.IsSymbol(")"))
        {
            if (parameters.Count > 0)
                _tokens.ExpectSymbol(",");
            if (parameters.Count == TemplateLimits.Parameters)
                throw _tokens.Fail($"a macro has more than {TemplateLimits.Parameters} parameters");
            Token name = _tokens.Expect(TokenKind.Name, "a parameter's name");
            if (parameters.Any(parameter => parameter.Name == name.Text))
                throw new ChatTemplateException($"the parameter '{name.Text}' is declared twice", name.At);
            Expression? defaultValue = _tokens.SkipSymbol("=") ? _expressions.Parse() : null;
            if (defaultValue is null && parameters is [.., (_, not null)])
                throw new ChatTemplateException($"the parameter '{name.Text}' without a default follows one with a default", name.At);
            parameters.Add((name.Text, defaultValue));
        }
        _tokens.ExpectSymbol(")");
        return [.. parameters];
    }

    private MacroDefinition ParseDefinition(string name, (string, Expression?)[] parameters, string end)
    {
        string[] outer = [.. _mentioned];
        int loops = _loops;
        _mentioned.Clear();
        _loops = 0;
        Statement[] body = ParseScope(end);
        var definition = new MacroDefinition(
            name, parameters, body, _mentioned.Contains("caller"), _mentioned.Contains("varargs"), _mentioned.Contains("kwargs"));
        _mentioned.UnionWith(outer);
        _loops = loops;
        return definition;
    }

    private CallStatement ParseCall(TextPosition at)
    {
        (string, Expression?)[] parameters = _tokens.Current.IsSymbol("(") ? ParseParameters() : [];
        if (_expressions.Parse() is not CallExpression call)
            throw new ChatTemplateException("expected a call", at);
        return new CallStatement(at, ParseDefinition("caller", parameters, "endcall"), call);
    }

    private FilterStatement ParseFilterBlock(TextPosition at)
    {
        FilterExpression filter = _expressions.ParseFilter(null);
        while (_tokens.SkipSymbol("|"))
            filter = _expressions.ParseFilter(filter);
        return new FilterStatement(at, filter, ParseScope("endfilter"));
    }

    private WithStatement ParseWith(TextPosition at)
    {
        var variables = new List<(Expression, Expression)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0)
                _tokens.ExpectSymbol(",");
            Expression target = _expressions.ParseTarget();
            _tokens.ExpectSymbol("=");
            variables.Add((target, _expressions.Parse()));
        }
        return new WithStatement(at, [.. variables], ParseScope("endwith"));
    }

    private GenerationStatement ParseGeneration(TextPosition at)
    {
        int loops = _loops;
        _loops = 0;
        Statement[] body = ParseScope("endgeneration");
        _loops = loops;
        return new GenerationStatement(at, body);
    }
}
