namespace Inference.Cpu.Linear;

/// <summary>The planes that codes are cut into, as constants of a type; see <see cref="PanelLayout"/>.</summary>
internal interface IPlanes
{
    /// <summary>Bits of a code in the first plane.</summary>
    static abstract int LowBits { get; }

    /// <summary>Bits above those, in the second plane; 0 where there is none.</summary>
    static abstract int HighBits { get; }
}

/// <summary>Codes of two bits.</summary>
internal readonly struct Planes2 : IPlanes
{
    public static int LowBits => 2;

    public static int HighBits => 0;
}

/// <summary>Codes of three bits: two and one.</summary>
internal readonly struct Planes3 : IPlanes
{
    public static int LowBits => 2;

    public static int HighBits => 1;
}

/// <summary>Codes of four bits.</summary>
internal readonly struct Planes4 : IPlanes
{
    public static int LowBits => 4;

    public static int HighBits => 0;
}

/// <summary>Codes of five bits: four and one.</summary>
internal readonly struct Planes5 : IPlanes
{
    public static int LowBits => 4;

    public static int HighBits => 1;
}

/// <summary>Codes of six bits: four and two.</summary>
internal readonly struct Planes6 : IPlanes
{
    public static int LowBits => 4;

    public static int HighBits => 2;
}
