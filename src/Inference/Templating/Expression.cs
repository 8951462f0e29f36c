namespace Inference.Templating;

/// <summary>A node of an expression.</summary>
internal abstract record Expression(TextPosition At);

internal sealed record LiteralExpression(TextPosition At, object? Value) : Expression(At);

internal sealed record NameExpression(TextPosition At, string Name) : Expression(At);

internal sealed record TupleExpression(TextPosition At, Expression[] Items) : Expression(At);

internal sealed record ListExpression(TextPosition At, Expression[] Items) : Expression(At);

internal sealed record MapExpression(TextPosition At, (Expression Key, Expression Value)[] Entries) : Expression(At);

internal sealed record UnaryExpression(TextPosition At, bool Negative, Expression Operand) : Expression(At);

internal sealed record BinaryExpression(TextPosition At, string Operator, Expression Left, Expression Right) : Expression(At);

internal sealed record NotExpression(TextPosition At, Expression Operand) : Expression(At);

internal sealed record LogicalExpression(TextPosition At, bool IsAnd, Expression Left, Expression Right) : Expression(At);

/// <summary>A chain of comparisons, as in <c>0 &lt; x &lt;= 3</c>.</summary>
internal sealed record ComparisonExpression(TextPosition At, Expression First, (string Operator, Expression Operand)[] Rest) : Expression(At);

internal sealed record ConcatenationExpression(TextPosition At, Expression[] Parts) : Expression(At);

internal sealed record ConditionalExpression(TextPosition At, Expression Condition, Expression Then, Expression? Else) : Expression(At);

internal sealed record AttributeExpression(TextPosition At, Expression Target, string Name) : Expression(At);

internal sealed record ItemExpression(TextPosition At, Expression Target, Expression Key) : Expression(At);

internal sealed record SliceExpression(TextPosition At, Expression? Start, Expression? Stop, Expression? Step) : Expression(At);

internal sealed record CallExpression(TextPosition At, Expression Callee, ArgumentList Arguments) : Expression(At);

/// <summary>A filter applied; without <paramref name="Input"/> it takes the text of a block.</summary>
internal sealed record FilterExpression(TextPosition At, Expression? Input, string Name, ArgumentList Arguments) : Expression(At);

internal sealed record TestExpression(TextPosition At, Expression Input, string Name, ArgumentList Arguments) : Expression(At);

/// <summary>The left side of <c>set ns.name = ...</c>.</summary>
internal sealed record NamespaceTarget(TextPosition At, string Namespace, string Name) : Expression(At);

/// <summary>The arguments of a call as written, with <c>*</c> and <c>**</c> ones.</summary>
internal sealed record ArgumentList(Expression[] Positional, (string Name, Expression Value)[] Named, Expression? Spread, Expression? NamedSpread)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);
}
