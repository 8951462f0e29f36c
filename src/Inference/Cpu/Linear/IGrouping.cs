namespace Inference.Cpu.Linear;

/// <summary>Which sub-scales a type has, as constants of a type.</summary>
internal interface IGrouping
{
    /// <summary>Groups with a sub-scale of their own in 32 columns.</summary>
    static abstract int GroupsPerBlock { get; }

    static abstract bool HasMinima { get; }

    /// <summary>Whether a sub-scale and a sub-minimum of four bits share a byte.</summary>
    static virtual bool HasNibbles => false;
}

/// <summary>IQ4_XS.</summary>
internal readonly struct GroupsOf32 : IGrouping
{
    public static int GroupsPerBlock => 1;

    public static bool HasMinima => false;
}

/// <summary>Q4_K, Q5_K.</summary>
internal readonly struct AffineGroupsOf32 : IGrouping
{
    public static int GroupsPerBlock => 1;

    public static bool HasMinima => true;
}

/// <summary>Q3_K, Q6_K.</summary>
internal readonly struct GroupsOf16 : IGrouping
{
    public static int GroupsPerBlock => 2;

    public static bool HasMinima => false;
}

/// <summary>Q2_K.</summary>
internal readonly struct AffineGroupsOf16 : IGrouping
{
    public static int GroupsPerBlock => 2;

    public static bool HasMinima => true;

    public static bool HasNibbles => true;
}
