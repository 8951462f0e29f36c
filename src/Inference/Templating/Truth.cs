using System.Numerics;

namespace Inference.Templating;

/// <summary>Which values count as true.</summary>
internal static class Truth
{
    public static bool Of(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        string plain => plain.Length > 0,
        TemplateText text => text.Text.Length > 0,
        List<object?> list => list.Count > 0,
        TupleValue tuple => tuple.Items.Length > 0,
        MapValue map => map.Count > 0,
        MapView view => view.Map.Count > 0,
        RangeValue range => range.Count > 0,
        _ => true,
    };
}
