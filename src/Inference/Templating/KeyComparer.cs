using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Templating;

/// <summary>Compares keys of maps and sets by Python's equality, where 1, 1.0 and True are one key.</summary>
internal sealed class KeyComparer(RenderState state) : IEqualityComparer<object>
{
    bool IEqualityComparer<object>.Equals(object? left, object? right) => Comparison.AreEqual(state, left, right);

    public int GetHashCode(object key)
    {
        switch (TemplateText.Plain(key))
        {
            case string text:
                state.Work(text.Length);
                return text.GetHashCode(StringComparison.Ordinal);
            case bool flag:
                return HashCode.Combine(flag ? 1L : 0L);
            case long number:
                return HashCode.Combine(number);
            case double number when number is >= -9.2e18 and <= 9.2e18 && Math.Floor(number) == number:
                return HashCode.Combine((long)number);
            case double number:
                return HashCode.Combine(number);
            case BigInteger number:
                return HashCode.Combine((double)number);
            case Undefined:
                return 1;
            case TupleValue tuple:
                state.Work(tuple.Items.Length);
                var hash = new HashCode();
                foreach (object? item in tuple.Items)
                    hash.Add(item is null ? 0 : GetHashCode(item));
                return hash.ToHashCode();
            default:
                return RuntimeHelpers.GetHashCode(key);
        }
    }
}
