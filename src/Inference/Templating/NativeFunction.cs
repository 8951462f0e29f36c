namespace Inference.Templating;

/// <summary>A function or bound method that this library provides.</summary>
internal sealed class NativeFunction(string name, Func<RenderState, Arguments, object?> body) : ICallable
{
    public object? Call(RenderState state, Arguments arguments) => body(state, arguments);

    public override string ToString() => $"<function {name}>";
}
