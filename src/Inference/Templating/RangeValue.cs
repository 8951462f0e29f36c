namespace Inference.Templating;

/// <summary>An arithmetic progression, never longer than <see cref="TemplateLimits.RangeLength"/>.</summary>
internal sealed class RangeValue(long start, long stop, long step, int count)
{
    public long Stop { get; } = stop;

    public long Step { get; } = step;

    public int Count { get; } = count;

    public long this[int index] => start + index * Step;

    public static RangeValue Create(RenderState state, long start, long stop, long step)
    {
        if (step == 0)
            throw state.Fail("the step of a range is 0");
        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 size = step > 0 ? step : -(Int128)step;
        Int128 count = distance <= 0 ? 0 : (distance - 1) / size + 1;
        if (count > TemplateLimits.RangeLength)
            throw state.Fail($"a range has more than {TemplateLimits.RangeLength} elements");
        return new RangeValue(start, stop, step, (int)count);
    }

    /// <summary>Whether the number is one of the elements.</summary>
    public bool Contains(long value)
    {
        Int128 offset = (Int128)value - start;
        return offset % Step == 0 && offset / Step is var index && index >= 0 && index < Count;
    }

    public override string ToString() => Step == 1 ? $"range({start}, {Stop})" : $"range({start}, {Stop}, {Step})";
}
