namespace Inference.Templating;

/// <summary>A macro with the scope it was defined in.</summary>
internal sealed class MacroValue(MacroDefinition definition, Scope scope, Interpreter interpreter) : ICallable, IAttributed
{
    public object? Call(RenderState state, Arguments arguments)
    {
        var local = new Scope(scope);
        List<KeyValuePair<string, object?>> named = [.. arguments.Named];
        (string Name, Expression? Default)[] parameters = definition.Parameters;
        if (arguments.Positional.Count > parameters.Length && !definition.UsesExtraPositional)
            throw state.Fail($"the macro '{definition.Name}' takes at most {parameters.Length} argument(s)");
        state.Work((long)parameters.Length * named.Count);
        var missing = new List<(string Name, Expression? Default)>();
        for (int i = 0; i < parameters.Length; i++)
        {
            string name = parameters[i].Name;
            int given = named.FindIndex(pair => pair.Key == name);
            if (i < arguments.Positional.Count)
                local.Set(name, arguments.Positional[i]);
            else if (given >= 0)
            {
                local.Set(name, named[given].Value);
                named.RemoveAt(given);
            }
            else
                missing.Add(parameters[i]);
        }
        BindImplicit(state, local, named, arguments);
        return interpreter.RunMacro(definition, missing, local);
    }

    public bool TryGetAttribute(RenderState state, string name, out object? value)
    {
        value = name switch
        {
            "name" => definition.Name,
            "arguments" => new TupleValue([.. definition.Parameters.Select(parameter => parameter.Name)]),
            "catch_kwargs" => definition.UsesExtraNamed,
            "catch_varargs" => definition.UsesExtraPositional,
            "caller" => definition.UsesCaller,
            _ => null,
        };
        return value is not null;
    }

    public override string ToString() => $"<Macro '{definition.Name}'>";

    private void BindImplicit(RenderState state, Scope local, List<KeyValuePair<string, object?>> named, Arguments arguments)
    {
        if (definition.UsesCaller && Array.TrueForAll(definition.Parameters, parameter => parameter.Name != "caller"))
        {
            int given = named.FindIndex(pair => pair.Key == "caller");
            local.Set("caller", given >= 0 ? named[given].Value : new Undefined("the macro is not called by a call block"));
            if (given >= 0)
                named.RemoveAt(given);
        }
        if (definition.UsesExtraPositional)
            local.Set("varargs", new TupleValue([.. arguments.Positional.Skip(definition.Parameters.Length)]));
        if (definition.UsesExtraNamed)
        {
            var rest = new MapValue(state);
            foreach ((string name, object? value) in named)
                rest.Set(name, value);
            local.Set("kwargs", rest);
        }
        else if (named.Count > 0)
            throw state.Fail($"the macro '{definition.Name}' has no parameter '{named[0].Key}'");
    }
}
