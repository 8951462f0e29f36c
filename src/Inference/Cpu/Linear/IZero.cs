namespace Inference.Cpu.Linear;

/// <summary>The code that stands for zero, as a constant of a type.</summary>
internal interface IZero
{
    /// <summary>Its power of two, or -1 for the code 0.</summary>
    static abstract int Power { get; }
}

/// <summary>Code 0.</summary>
internal readonly struct Zero0 : IZero
{
    public static int Power => -1;
}

/// <summary>Code 4.</summary>
internal readonly struct Zero4 : IZero
{
    public static int Power => 2;
}

/// <summary>Code 8.</summary>
internal readonly struct Zero8 : IZero
{
    public static int Power => 3;
}

/// <summary>Code 16.</summary>
internal readonly struct Zero16 : IZero
{
    public static int Power => 4;
}

/// <summary>Code 32.</summary>
internal readonly struct Zero32 : IZero
{
    public static int Power => 5;
}
