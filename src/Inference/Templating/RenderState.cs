using System.Runtime.CompilerServices;

namespace Inference.Templating;

/// <summary>What one rendering has used of its limits, and where in the template it is.</summary>
internal sealed class RenderState(DateTimeOffset now)
{
    private long _steps = TemplateLimits.Steps;
    private long _creditableSteps = TemplateLimits.MostSteps - TemplateLimits.Steps;
    private long _allocation = TemplateLimits.Allocation;
    private int _callDepth;

    /// <summary>The time that the template sees.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>The node being evaluated; faults are reported there.</summary>
    public TextPosition At { get; set; } = new(1, 1);

    public ChatTemplateException Fail(string detail) => new(detail, At);

    public void Step()
    {
        if (--_steps < 0)
            throw Fail("the rendering takes too many steps");
    }

    /// <summary>Pays for an operation that looks at so many characters or elements.</summary>
    public void Work(long length)
    {
        _steps -= 1 + (length >> 5);
        if (_steps < 0)
            throw Fail("the rendering takes too many steps");
    }

    /// <summary>Pays for a search at its worst, so that no choice of texts makes it slow.</summary>
    public void Search(int haystack, int needle) =>
        Work(haystack + (Math.Max(0L, haystack - needle + 1) * needle >> 3));

    /// <summary>Pays for a value of so many characters before it is made.</summary>
    public void Allocate(long characters)
    {
        if (characters > TemplateLimits.OutputLength)
            throw Fail($"a value takes more than {TemplateLimits.OutputLength} characters");
        _allocation -= characters;
        if (_allocation < 0)
            throw Fail("the rendering makes too many values, or too large ones");
        Work(characters);
    }

    /// <summary>Pays for a list of so many elements before it is made.</summary>
    public void AllocateElements(long count) => Allocate((count + 2) * 8);

    /// <summary>Raises the limits for one more value that the caller, who is trusted, gives the template to work on.</summary>
    public void Credit(int characters)
    {
        long steps = Math.Min(TemplateLimits.StepsPerValue, _creditableSteps);
        _creditableSteps -= steps;
        _steps += steps;
        _allocation += characters * TemplateLimits.AllocationPerCharacter;
    }

    /// <summary>Refuses to go deeper when the thread's stack nears its end.</summary>
    public void GuardStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Fail("the template or its values are nested too deeply");
    }

    public void GuardDepth(int depth)
    {
        if (depth > TemplateLimits.ValueDepth)
            throw Fail($"a value is nested more than {TemplateLimits.ValueDepth} deep");
        GuardStack();
    }

    public void EnterCall()
    {
        if (++_callDepth > TemplateLimits.CallDepth)
            throw Fail($"calls are nested more than {TemplateLimits.CallDepth} deep");
        GuardStack();
    }

    public void LeaveCall() => _callDepth--;
}
