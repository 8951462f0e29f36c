using System.Numerics;

namespace Inference.Templating;

/// <summary>Arithmetic by Python's rules: booleans are integers, integers have any size up to a limit.</summary>
internal static class Numbers
{
    public static bool IsNumber(object? value) => value is long or double or bool or BigInteger;

    public static bool IsInteger(object? value) => value is long or bool or BigInteger;

    /// <summary>The integer in its one form: 64 bits where it fits.</summary>
    public static object Normalize(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    /// <summary>The order of two numbers; null where one is not a number.</summary>
    public static int? Compare(object left, object right)
    {
        if (Widen(left) is long a && Widen(right) is long b)
            return a.CompareTo(b);
        if (left is double || right is double)
        {
            double x = ToDouble(left);
            double y = ToDouble(right);
            return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
        }
        return ToBig(left).CompareTo(ToBig(right));
    }

    public static object Apply(RenderState state, string operation, object left, object right)
    {
        left = Widen(left);
        right = Widen(right);
        if (operation is "/" or "//" or "%" && ToDouble(right) == 0)
            throw state.Fail("division by zero");
        if (operation == "**")
            return Power(state, left, right);
        if (operation == "/")
            return ToDouble(left) / ToDouble(right);
        if (left is double || right is double)
            return ApplyDouble(operation, ToDouble(left), ToDouble(right));
        if (left is long a && right is long b && ApplyLong(operation, a, b) is long small)
            return small;
        return Checked(state, ApplyBig(operation, ToBig(left), ToBig(right)));
    }

    public static object Negate(object value) => Widen(value) switch
    {
        double number => -number,
        long number when number != long.MinValue => -number,
        object number => Normalize(-ToBig(number)),
    };

    public static object Abs(object value) => Widen(value) switch
    {
        double number => Math.Abs(number),
        object number => Normalize(BigInteger.Abs(ToBig(number))),
    };

    public static object Widen(object value) => value is bool flag ? (flag ? 1L : 0L) : value;

    public static double ToDouble(object value) => value switch
    {
        double number => number,
        long number => number,
        bool flag => flag ? 1 : 0,
        BigInteger number => (double)number,
        _ => throw new InvalidCastException(),
    };

    public static BigInteger ToBig(object value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        BigInteger number => number,
        _ => throw new InvalidCastException(),
    };

    /// <summary>The number without its fraction; null for infinities and not-a-number.</summary>
    public static object? Truncate(double value) =>
        double.IsFinite(value) ? Normalize(new BigInteger(Math.Truncate(value))) : null;

    public static object Checked(RenderState state, BigInteger value) =>
        value.GetBitLength() > TemplateLimits.IntegerBits
            ? throw state.Fail($"an integer has more than {TemplateLimits.IntegerBits} bits")
            : Normalize(value);

    private static double ApplyDouble(string operation, double left, double right) => operation switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "//" => Math.Round((left - FloorModulo(left, right)) / right),
        _ => FloorModulo(left, right),
    };

    /// <summary>The remainder that has the divisor's sign.</summary>
    private static double FloorModulo(double left, double right)
    {
        double remainder = left % right;
        if (remainder == 0)
            return Math.CopySign(0, right);
        return remainder < 0 != right < 0 ? remainder + right : remainder;
    }

    private static long? ApplyLong(string operation, long left, long right)
    {
        Int128 wide = operation switch
        {
            "+" => (Int128)left + right,
            "-" => (Int128)left - right,
            "*" => (Int128)left * right,
            "//" => FloorDivide(left, right),
            _ => left - FloorDivide(left, right) * right,
        };
        return wide >= long.MinValue && wide <= long.MaxValue ? (long)wide : null;
    }

    private static Int128 FloorDivide(Int128 left, Int128 right)
    {
        Int128 quotient = left / right;
        return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
    }

    private static BigInteger ApplyBig(string operation, BigInteger left, BigInteger right)
    {
        switch (operation)
        {
            case "+": return left + right;
            case "-": return left - right;
            case "*": return left * right;
        }
        BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger remainder);
        bool adjust = !remainder.IsZero && remainder.Sign != right.Sign;
        if (operation == "//")
            return adjust ? quotient - 1 : quotient;
        return adjust ? remainder + right : remainder;
    }

    private static object Power(RenderState state, object left, object right)
    {
        if (left is not double && right is not double && ToBig(right).Sign >= 0)
        {
            BigInteger number = ToBig(left);
            if (BigInteger.Abs(number) <= 1)
                return number.Sign < 0 && ToBig(right).IsEven ? 1L : ToBig(right).IsZero ? 1L : Normalize(number);
            if (ToBig(right) > TemplateLimits.IntegerBits || number.GetBitLength() * (long)ToBig(right) > 2 * TemplateLimits.IntegerBits)
                throw state.Fail($"an integer has more than {TemplateLimits.IntegerBits} bits");
            return Checked(state, BigInteger.Pow(number, (int)ToBig(right)));
        }
        double x = ToDouble(left);
        double y = ToDouble(right);
        if (x == 0 && y < 0)
            throw state.Fail("0 cannot be raised to a negative power");
        if (x < 0 && double.IsFinite(y) && Math.Floor(y) != y)
            throw state.Fail("a negative number cannot be raised to a fraction");
        return Math.Pow(x, y);
    }
}
