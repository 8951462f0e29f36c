namespace Inference.Templating;

/// <summary>Executes a template's statements, once.</summary>
internal sealed class Interpreter
{
    private readonly RenderState _state;
    private readonly Evaluator _evaluator;
    private TextBuilder _output = new();

    private Interpreter(RenderState state)
    {
        _state = state;
        _evaluator = new Evaluator(state);
    }

    /// <summary>How a statement ended.</summary>
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public static TextBuilder Run(Statement[] body, IReadOnlyDictionary<string, object?> variables, RenderState state)
    {
        var interpreter = new Interpreter(state);
        interpreter.Execute(body, new Scope(null, new VariableSource(state, variables)));
        return interpreter._output;
    }

    /// <summary>Renders a macro's body; the parameters that the call leaves out get their defaults, in order.</summary>
    public object RunMacro(MacroDefinition definition, List<(string Name, Expression? Default)> missing, Scope scope)
    {
        _state.EnterCall();
        foreach ((string name, Expression? value) in missing)
            scope.Set(name, value is null ? new Undefined($"the parameter '{name}' was not provided") : _evaluator.Evaluate(value, scope));
        Capture(definition.Body, scope, out object text);
        _state.LeaveCall();
        return text;
    }

    private Flow Execute(Statement[] body, Scope scope)
    {
        foreach (Statement statement in body)
        {
            Flow flow = Execute(statement, scope);
            if (flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }

    private Flow Execute(Statement statement, Scope scope)
    {
        _state.Step();
        _state.GuardStack();
        _state.At = statement.At;
        switch (statement)
        {
            case TextStatement text:
                Write(text.Text);
                return Flow.Next;
            case PrintStatement print:
                Write(ValueText.Show(_state, _evaluator.Evaluate(print.Value, scope)));
                return Flow.Next;
            case IfStatement choice:
                return ExecuteIf(choice, scope);
            case ForStatement loop:
                return RunLoop(loop, scope, _evaluator.Evaluate(loop.Items, scope), 0);
            case SetStatement set:
                Assign(set.Target, _evaluator.Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlockStatement set:
                return ExecuteSetBlock(set, scope);
            case MacroStatement macro:
                scope.Set(macro.Macro.Name, new MacroValue(macro.Macro, scope, this));
                return Flow.Next;
            case CallStatement call:
                var caller = new MacroValue(call.Caller, scope, this);
                Write(ValueText.Show(_state, _evaluator.EvaluateCall(call.Call, scope, caller)));
                return Flow.Next;
            case FilterStatement filter:
                return ExecuteFilter(filter, scope);
            case WithStatement with:
                return ExecuteWith(with, scope);
            case GenerationStatement generation:
                return Execute(generation.Body, new Scope(scope));
            case BreakStatement:
                return Flow.Break;
            default:
                return Flow.Continue;
        }
    }

    private void Write(object text)
    {
        int length = TemplateText.Characters(text).Length;
        if (_output.Length + length > TemplateLimits.OutputLength)
            throw _state.Fail($"the rendering has more than {TemplateLimits.OutputLength} characters");
        _state.Allocate(length);
        _output.Append(text);
    }

    private Flow Capture(Statement[] body, Scope scope, out object text)
    {
        TextBuilder outer = _output;
        _output = new TextBuilder();
        Flow flow = Execute(body, scope);
        text = _output.Build();
        _output = outer;
        return flow;
    }

    private Flow ExecuteIf(IfStatement choice, Scope scope)
    {
        foreach ((Expression condition, Statement[] body) in choice.Branches)
        {
            if (Truth.Of(_evaluator.Evaluate(condition, scope)))
                return Execute(body, scope);
        }
        return Execute(choice.Else, scope);
    }

    private Flow RunLoop(ForStatement node, Scope scope, object? items, int depth)
    {
        _state.At = node.At;
        IEnumerable<object?> walk = Sequences.Walk(_state, items);
        if (node.Filter is not null)
        {
            walk = walk.Where(item => Truth.Of(_evaluator.Evaluate(node.Filter, Bind(node, item, scope))));
            // The number of items that pass is not known before they have all been tried.
            items = new GeneratorValue([]);
        }
        var loop = new LoopValue(_state, items, walk, depth, node.IsRecursive ? (inner, level) => Recurse(node, scope, inner, level) : null);
        bool completedOne = false;
        while (loop.MoveNext())
        {
            Scope iteration = Bind(node, loop.Current, scope);
            iteration.Set("loop", loop);
            Flow flow = Execute(node.Body, iteration);
            if (flow == Flow.Break)
                break;
            completedOne |= flow == Flow.Next;
        }
        // As in Jinja, a loop of which every iteration was cut short has its else too.
        return completedOne || node.Else.Length == 0 ? Flow.Next : Execute(node.Else, new Scope(scope));
    }

    private Scope Bind(ForStatement node, object? item, Scope scope)
    {
        var iteration = new Scope(scope);
        Assign(node.Target, item, iteration);
        return iteration;
    }

    private object Recurse(ForStatement node, Scope scope, object? items, int depth)
    {
        _state.EnterCall();
        TextBuilder outer = _output;
        _output = new TextBuilder();
        RunLoop(node, scope, items, depth);
        object text = _output.Build();
        _output = outer;
        _state.LeaveCall();
        return text;
    }

    private void Assign(Expression target, object? value, Scope scope)
    {
        switch (target)
        {
            case NameExpression name:
                scope.Set(name.Name, value);
                break;
            case NamespaceTarget attribute:
                _state.At = attribute.At;
                if (scope.Find(attribute.Namespace) is not NamespaceValue names)
                    throw _state.Fail("only the attributes of a namespace can be assigned");
                names.Attributes.Set(attribute.Name, value);
                break;
            case TupleExpression tuple:
                _state.At = tuple.At;
                IReadOnlyList<object?> values = Sequences.ToIndexed(_state, value);
                if (values.Count != tuple.Items.Length)
                    throw _state.Fail($"{values.Count} value(s) cannot be assigned to {tuple.Items.Length} names");
                for (int i = 0; i < values.Count; i++)
                    Assign(tuple.Items[i], values[i], scope);
                break;
        }
    }

    private Flow ExecuteSetBlock(SetBlockStatement set, Scope scope)
    {
        var inner = new Scope(scope);
        Flow flow = Capture(set.Body, inner, out object text);
        if (flow == Flow.Next)
            Assign(set.Target, set.Filter is null ? text : ApplyFilters(set.Filter, text, inner), scope);
        return flow;
    }

    private Flow ExecuteFilter(FilterStatement filter, Scope scope)
    {
        var inner = new Scope(scope);
        Flow flow = Capture(filter.Body, inner, out object text);
        if (flow == Flow.Next)
            Write(ValueText.Show(_state, ApplyFilters(filter.Filter, text, inner)));
        return flow;
    }

    private object? ApplyFilters(FilterExpression filter, object text, Scope scope) =>
        _evaluator.ApplyFilter(filter, filter.Input is FilterExpression earlier ? ApplyFilters(earlier, text, scope) : text, scope);

    private Flow ExecuteWith(WithStatement with, Scope scope)
    {
        var inner = new Scope(scope);
        foreach ((Expression target, Expression value) in with.Variables)
            Assign(target, _evaluator.Evaluate(value, scope), inner);
        return Execute(with.Body, inner);
    }
}
