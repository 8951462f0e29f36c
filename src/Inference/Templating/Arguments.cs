namespace Inference.Templating;

/// <summary>The values that a call passes.</summary>
internal sealed class Arguments(IReadOnlyList<object?> positional, IReadOnlyList<KeyValuePair<string, object?>> named)
{
    public static Arguments None { get; } = new([], []);

    public IReadOnlyList<object?> Positional { get; } = positional;

    public IReadOnlyList<KeyValuePair<string, object?>> Named { get; } = named;

    /// <summary>Matches the values to a function's parameters, of which the first so many must be given.</summary>
    public BoundArguments Bind(RenderState state, string function, int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw state.Fail($"{function}() takes at most {parameters.Length} argument(s), {Positional.Count} are given");
        var values = new object?[parameters.Length];
        Array.Fill(values, BoundArguments.Missing);
        for (int i = 0; i < Positional.Count; i++)
            values[i] = Positional[i];
        foreach ((string name, object? value) in Named)
        {
            int index = parameters.IndexOf(name);
            if (index < 0)
                throw state.Fail($"{function}() has no parameter '{name}'");
            if (!ReferenceEquals(values[index], BoundArguments.Missing))
                throw state.Fail($"{function}() is given '{name}' twice");
            values[index] = value;
        }
        for (int i = 0; i < required; i++)
        {
            if (ReferenceEquals(values[i], BoundArguments.Missing))
                throw state.Fail($"{function}() needs the argument '{parameters[i]}'");
        }
        return new BoundArguments(state, function, values);
    }

    /// <summary>As <see cref="Bind"/>, for functions whose parameters have no names to call them by.</summary>
    public BoundArguments BindPositional(RenderState state, string function, int required, params ReadOnlySpan<string> parameters)
    {
        if (Named.Count > 0)
            throw state.Fail($"{function}() takes no named arguments");
        return Bind(state, function, required, parameters);
    }

    public void RequireNone(RenderState state, string function) => Bind(state, function, 0);

    /// <summary>The arguments without the first so many positional ones.</summary>
    public Arguments Skip(int count) => new([.. Positional.Skip(count)], Named);
}
