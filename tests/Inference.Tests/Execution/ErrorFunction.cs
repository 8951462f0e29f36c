namespace Inference.Tests.Execution;

/// <summary>The error function in double, by its series near zero and its continued fraction beyond.</summary>
internal static class ErrorFunction
{
    public static double Of(double x)
    {
        if (double.IsNaN(x))
            return x;
        double magnitude = Math.Abs(x);
        return Math.CopySign(magnitude < 2 ? Series(magnitude) : magnitude < 7 ? 1 - Complement(magnitude) : 1, x);
    }

    // 2 / sqrt(pi) x sum of (-1)^n x^(2n + 1) / (n! (2n + 1)), rearranged so that all terms are positive.
    private static double Series(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double Complement(double x)
    {
        double fraction = x;
        for (int n = 200; n > 0; n--)
            fraction = x + n / 2.0 / fraction;
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
