namespace Inference.Templating;

/// <summary>What one template may cost. Templates come with model files, so they are untrusted.</summary>
internal static class TemplateLimits
{
    /// <summary>UTF-16 code units of source; the largest template in circulation has 20 thousand.</summary>
    public const int SourceLength = 1 << 20;

    /// <summary>Nested statements, parentheses and operators in the source.</summary>
    public const int SyntaxDepth = 150;

    /// <summary>Parameters of a macro, and arguments written in one call.</summary>
    public const int Parameters = 255;

    /// <summary>Nodes evaluated and units of work (about 32 characters looked at) in one rendering.</summary>
    public const long Steps = 10_000_000;

    /// <summary>Further steps for each value among the variables: some templates look at every pair of messages.</summary>
    public const long StepsPerValue = 5_000;

    /// <summary>The most steps, however long the conversation.</summary>
    public const long MostSteps = 100_000_000;

    /// <summary>Characters, or their equivalent in other values, made in one rendering.</summary>
    public const long Allocation = 1 << 27;

    /// <summary>Further characters for each character among the variables.</summary>
    public const long AllocationPerCharacter = 16;

    /// <summary>UTF-16 code units of one rendering.</summary>
    public const int OutputLength = 1 << 24;

    /// <summary>Macros and recursive loops within one another.</summary>
    public const int CallDepth = 200;

    /// <summary>Lists and maps within one another.</summary>
    public const int ValueDepth = 200;

    /// <summary>Elements of a range; the bound that Jinja's own sandbox sets.</summary>
    public const int RangeLength = 100_000;

    /// <summary>Bits of an integer.</summary>
    public const int IntegerBits = 4096;
}
