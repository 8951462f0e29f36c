namespace Inference.Templating;

/// <summary>A value that templates can call.</summary>
internal interface ICallable
{
    object? Call(RenderState state, Arguments arguments);
}
