using System.Numerics;

namespace Inference.Templating;

/// <summary>The names that template authors know types by.</summary>
internal static class TypeNames
{
    public static string Of(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        TemplateText text => text.IsSafe ? "Markup" : "str",
        List<object?> => "list",
        TupleValue => "tuple",
        MapValue => "dict",
        Undefined => "Undefined",
        RangeValue => "range",
        GeneratorValue => "generator",
        MapView view => view.Kind,
        NamespaceValue => "namespace",
        MacroValue => "macro",
        LoopValue => "loop",
        ICallable => "function",
        _ => "object",
    };
}
