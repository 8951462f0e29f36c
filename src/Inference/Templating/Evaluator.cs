namespace Inference.Templating;

/// <summary>Evaluates expressions.</summary>
internal sealed class Evaluator(RenderState state)
{
    public object? Evaluate(Expression expression, Scope scope)
    {
        state.Step();
        state.GuardStack();
        switch (expression)
        {
            case LiteralExpression literal: return literal.Value;
            case NameExpression name:
                state.At = name.At;
                return scope.Find(name.Name);
            case AttributeExpression attribute:
                object? target = Evaluate(attribute.Target, scope);
                state.At = attribute.At;
                return Subscripts.Attribute(state, target, attribute.Name);
            case ItemExpression item: return EvaluateItem(item, scope);
            case CallExpression call: return EvaluateCall(call, scope);
            case FilterExpression filter: return ApplyFilter(filter, Evaluate(filter.Input!, scope), scope);
            case TestExpression test: return EvaluateTest(test, scope);
            case NotExpression not: return !Truth.Of(Evaluate(not.Operand, scope));
            case LogicalExpression logical:
                object? left = Evaluate(logical.Left, scope);
                return Truth.Of(left) == logical.IsAnd ? Evaluate(logical.Right, scope) : left;
            case ComparisonExpression comparison: return EvaluateComparison(comparison, scope);
            case ConditionalExpression conditional: return EvaluateConditional(conditional, scope);
            case BinaryExpression binary: return EvaluateBinary(binary, scope);
            case UnaryExpression unary:
                object? operand = Evaluate(unary.Operand, scope);
                state.At = unary.At;
                return Operators.Sign(state, unary.Negative, operand);
            case ConcatenationExpression concatenation: return EvaluateConcatenation(concatenation, scope);
            case TupleExpression tuple: return new TupleValue(EvaluateAll(tuple.Items, scope));
            case ListExpression list: return new List<object?>(EvaluateAll(list.Items, scope));
            case MapExpression map: return EvaluateMap(map, scope);
            default:
                state.At = expression.At;
                throw state.Fail("a slice stands where a value is expected");
        }
    }

    /// <summary>Applies the filter to a value that has been evaluated.</summary>
    public object? ApplyFilter(FilterExpression filter, object? input, Scope scope)
    {
        Arguments arguments = EvaluateArguments(filter.Arguments, scope);
        state.At = filter.At;
        return Filters.Apply(state, filter.Name, input, arguments);
    }

    public object? EvaluateCall(CallExpression call, Scope scope, MacroValue? caller = null)
    {
        object? callee = Evaluate(call.Callee, scope);
        Arguments arguments = EvaluateArguments(call.Arguments, scope);
        if (caller is not null)
            arguments = new Arguments(arguments.Positional, [.. arguments.Named, new("caller", caller)]);
        state.At = call.At;
        return callee switch
        {
            ICallable callable => callable.Call(state, arguments),
            Undefined undefined => throw state.Fail(undefined.Detail),
            _ => throw state.Fail($"'{TypeNames.Of(callee)}' cannot be called"),
        };
    }

    private Arguments EvaluateArguments(ArgumentList list, Scope scope)
    {
        if (list.Positional.Length == 0 && list.Named.Length == 0 && list.Spread is null && list.NamedSpread is null)
            return Arguments.None;
        var positional = new List<object?>(EvaluateAll(list.Positional, scope));
        var named = new List<KeyValuePair<string, object?>>(list.Named.Length);
        if (list.Spread is not null)
            positional.AddRange(Sequences.ToList(state, Evaluate(list.Spread, scope)));
        foreach ((string name, Expression value) in list.Named)
            named.Add(new(name, Evaluate(value, scope)));
        if (list.NamedSpread is not null)
            AddSpread(named, Evaluate(list.NamedSpread, scope));
        return new Arguments(positional, named);
    }

    private void AddSpread(List<KeyValuePair<string, object?>> named, object? spread)
    {
        if (spread is not MapValue map)
            throw state.Fail($"'**' expects a dict, not '{TypeNames.Of(spread)}'");
        foreach ((object? key, object? value) in map.Entries)
        {
            state.Work(named.Count);
            if (TemplateText.Plain(key) is not string name)
                throw state.Fail("'**' expects a dict whose keys are strings");
            if (named.Exists(pair => pair.Key == name))
                throw state.Fail($"the argument '{name}' is given twice");
            named.Add(new(name, value));
        }
    }

    private object?[] EvaluateAll(Expression[] expressions, Scope scope)
    {
        state.AllocateElements(expressions.Length);
        var values = new object?[expressions.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = Evaluate(expressions[i], scope);
        return values;
    }

    private object? EvaluateItem(ItemExpression item, Scope scope)
    {
        object? target = Evaluate(item.Target, scope);
        if (item.Key is not SliceExpression slice)
        {
            object? key = Evaluate(item.Key, scope);
            state.At = item.At;
            return Subscripts.Item(state, target, key);
        }
        long? start = SlicePart(slice.Start, scope);
        long? stop = SlicePart(slice.Stop, scope);
        long? step = SlicePart(slice.Step, scope);
        state.At = item.At;
        return Subscripts.Slice(state, target, start, stop, step);
    }

    private long? SlicePart(Expression? part, Scope scope)
    {
        object? value = part is null ? null : Evaluate(part, scope);
        return value switch
        {
            null => null,
            System.Numerics.BigInteger big => big.Sign < 0 ? long.MinValue / 2 : long.MaxValue / 2,
            long or bool => Math.Clamp((long)Numbers.Widen(value), long.MinValue / 2, long.MaxValue / 2),
            Undefined undefined => throw state.Fail(undefined.Detail),
            _ => throw state.Fail($"a slice expects integers, not '{TypeNames.Of(value)}'"),
        };
    }

    private bool EvaluateTest(TestExpression test, Scope scope)
    {
        object? input = Evaluate(test.Input, scope);
        Arguments arguments = EvaluateArguments(test.Arguments, scope);
        state.At = test.At;
        return ValueTests.Apply(state, test.Name, input, arguments);
    }

    private bool EvaluateComparison(ComparisonExpression comparison, Scope scope)
    {
        object? left = Evaluate(comparison.First, scope);
        foreach ((string operation, Expression operand) in comparison.Rest)
        {
            object? right = Evaluate(operand, scope);
            state.At = comparison.At;
            bool holds = operation switch
            {
                "==" => Comparison.AreEqual(state, left, right),
                "!=" => !Comparison.AreEqual(state, left, right),
                "in" => Comparison.Contains(state, right, left),
                "not in" => !Comparison.Contains(state, right, left),
                _ => Comparison.Order(state, operation, left, right),
            };
            if (!holds)
                return false;
            left = right;
        }
        return true;
    }

    private object? EvaluateConditional(ConditionalExpression conditional, Scope scope)
    {
        if (Truth.Of(Evaluate(conditional.Condition, scope)))
            return Evaluate(conditional.Then, scope);
        return conditional.Else is null
            ? new Undefined($"the condition on line {conditional.At.Line} is false and has no else")
            : Evaluate(conditional.Else, scope);
    }

    private object? EvaluateBinary(BinaryExpression binary, Scope scope)
    {
        object? left = Evaluate(binary.Left, scope);
        object? right = Evaluate(binary.Right, scope);
        state.At = binary.At;
        return Operators.Apply(state, binary.Operator, left, right);
    }

    private object EvaluateConcatenation(ConcatenationExpression concatenation, Scope scope)
    {
        var text = new TextBuilder();
        foreach (Expression part in concatenation.Parts)
        {
            object value = ValueText.Show(state, Evaluate(part, scope));
            state.Allocate(TemplateText.Characters(value).Length);
            text.Append(value);
        }
        return text.Build();
    }

    private MapValue EvaluateMap(MapExpression expression, Scope scope)
    {
        var map = new MapValue(state);
        foreach ((Expression key, Expression value) in expression.Entries)
        {
            object? evaluated = Evaluate(key, scope);
            map.Set(evaluated, Evaluate(value, scope));
        }
        return map;
    }
}
