namespace Inference.Tokenization;

/// <summary>A part of a regular expression.</summary>
internal abstract record PatternNode
{
    /// <summary>Whether it can match nothing.</summary>
    public abstract bool IsNullable { get; }

    /// <summary>One character.</summary>
    public sealed record Set(RuneSet Runes) : PatternNode
    {
        public override bool IsNullable => false;
    }

    /// <summary>Nothing, where the next character is in a set.</summary>
    public sealed record Look(RuneSet Runes, bool OrEnd) : PatternNode
    {
        public override bool IsNullable => true;
    }

    /// <summary>One after the other.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode
    {
        public override bool IsNullable => Items.All(item => item.IsNullable);
    }

    /// <summary>One of several, the earlier first.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Items) : PatternNode
    {
        public override bool IsNullable => Items.Any(item => item.IsNullable);
    }

    /// <summary>Some number of times; <paramref name="Most"/> is -1 for any.</summary>
    public sealed record Repeat(PatternNode Item, int Least, int Most, bool IsLazy) : PatternNode
    {
        public override bool IsNullable => Least == 0 || Item.IsNullable;
    }
}
