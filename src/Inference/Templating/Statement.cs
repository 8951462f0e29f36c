namespace Inference.Templating;

/// <summary>A node of a template's body.</summary>
internal abstract record Statement(TextPosition At);

internal sealed record TextStatement(TextPosition At, object Text) : Statement(At);

internal sealed record PrintStatement(TextPosition At, Expression Value) : Statement(At);

internal sealed record IfStatement(TextPosition At, (Expression Condition, Statement[] Body)[] Branches, Statement[] Else) : Statement(At);

internal sealed record ForStatement(
    TextPosition At, Expression Target, Expression Items, Expression? Filter, bool IsRecursive, Statement[] Body, Statement[] Else) : Statement(At);

internal sealed record SetStatement(TextPosition At, Expression Target, Expression Value) : Statement(At);

internal sealed record SetBlockStatement(TextPosition At, Expression Target, FilterExpression? Filter, Statement[] Body) : Statement(At);

internal sealed record MacroStatement(TextPosition At, MacroDefinition Macro) : Statement(At);

internal sealed record CallStatement(TextPosition At, MacroDefinition Caller, CallExpression Call) : Statement(At);

internal sealed record FilterStatement(TextPosition At, FilterExpression Filter, Statement[] Body) : Statement(At);

internal sealed record WithStatement(TextPosition At, (Expression Target, Expression Value)[] Variables, Statement[] Body) : Statement(At);

/// <summary>Marks what the assistant generates; renders as its body.</summary>
internal sealed record GenerationStatement(TextPosition At, Statement[] Body) : Statement(At);

internal sealed record BreakStatement(TextPosition At) : Statement(At);

internal sealed record ContinueStatement(TextPosition At) : Statement(At);

/// <summary>A macro's signature and body; the flags say which of the implicit names its body mentions.</summary>
internal sealed record MacroDefinition(
    string Name, (string Name, Expression? Default)[] Parameters, Statement[] Body, bool UsesCaller, bool UsesExtraPositional, bool UsesExtraNamed);
