namespace Inference.Simulation.Costs;

/// <summary>A <see cref="LinearCost"/> fitted to measured steps.</summary>
/// <param name="Cost">No term is negative.</param>
/// <param name="MedianError">Median over the steps of |predicted / measured - 1|.</param>
/// <param name="LargestError">The largest of them.</param>
internal sealed record CostFit(LinearCost Cost, double MedianError, double LargestError)
{
    private const int Terms = 5;

    /// <summary>Least squares of the relative errors, so that short steps count as much as long ones; terms that would be negative are left out, worst first.</summary>
    /// <exception cref="ArgumentException">The steps do not determine the terms.</exception>
    public static CostFit To(ReadOnlySpan<MeasuredStep> steps)
    {
        bool[] used = [true, true, true, true, true];
        double[] terms;
        while (true)
        {
            terms = Solve(steps, used);
            int worst = 0;
            for (int i = 1; i < Terms; i++)
            {
                // In proportion to what the term explains, since the terms' units differ.
                if (terms[i] * Typical(steps, i) < terms[worst] * Typical(steps, worst))
                    worst = i;
            }

            if (terms[worst] >= 0)
                break;
            used[worst] = false;
        }

        LinearCost cost = LinearCost.Of(terms);
        double[] errors = new double[steps.Length];
        for (int i = 0; i < steps.Length; i++)
            errors[i] = Math.Abs((cost.Seconds(steps[i].Work) / steps[i].Seconds) - 1);
        Array.Sort(errors);
        return new CostFit(cost, errors[errors.Length / 2], errors[^1]);
    }

    private static double Term(in StepWork work, int term) => term switch
    {
        0 => 1,
        1 => work.PromptTokens,
        2 => work.DecodeRows,
        3 => work.PromptPairs,
        _ => work.DecodeReads,
    };

    private static double Typical(ReadOnlySpan<MeasuredStep> steps, int term)
    {
        double sum = 0;
        foreach (MeasuredStep step in steps)
            sum += Term(step.Work, term) / step.Seconds;
        return sum;
    }

    // Householder reflections, on columns of equal norm.
    private static double[] Solve(ReadOnlySpan<MeasuredStep> steps, bool[] used)
    {
        int[] columns = [.. Enumerable.Range(0, Terms).Where(i => used[i])];
        int rows = steps.Length;
        if (rows < columns.Length)
            throw new ArgumentException($"{rows} steps do not determine {columns.Length} terms.");
        double[][] a = [.. columns.Select(_ => new double[rows])];
        double[] target = new double[rows], scale = new double[columns.Length];
        for (int row = 0; row < rows; row++)
        {
            target[row] = 1;
            for (int c = 0; c < columns.Length; c++)
                a[c][row] = Term(steps[row].Work, columns[c]) / steps[row].Seconds;
        }

        for (int c = 0; c < columns.Length; c++)
        {
            scale[c] = Math.Sqrt(Dot(a[c], a[c], 0));
            for (int row = 0; row < rows && scale[c] > 0; row++)
                a[c][row] /= scale[c];
        }

        double[] diagonal = new double[columns.Length];
        for (int c = 0; c < columns.Length; c++)
        {
            double norm = Math.Sqrt(Dot(a[c], a[c], c));
            if (norm < 1e-9)
                throw new ArgumentException("The steps do not vary enough to tell the terms apart.");
            diagonal[c] = a[c][c] > 0 ? -norm : norm;
            a[c][c] -= diagonal[c];
            double square = Dot(a[c], a[c], c);
            for (int other = c + 1; other < columns.Length; other++)
                Reflect(a[c], a[other], c, square);
            Reflect(a[c], target, c, square);
        }

        double[] terms = new double[Terms];
        for (int c = columns.Length - 1; c >= 0; c--)
        {
            double rest = target[c];
            for (int other = c + 1; other < columns.Length; other++)
                rest -= a[other][c] * terms[columns[other]] * scale[other];
            terms[columns[c]] = rest / diagonal[c] / scale[c];
        }

        return terms;
    }

    private static void Reflect(double[] normal, double[] vector, int from, double square)
    {
        double factor = 2 * Dot(normal, vector, from) / square;
        for (int i = from; i < vector.Length; i++)
            vector[i] -= factor * normal[i];
    }

    private static double Dot(double[] x, double[] y, int from)
    {
        double sum = 0;
        for (int i = from; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }
}
