namespace Inference.Benchmarks.Columns;

/// <summary>A benchmark class that knows what its methods do.</summary>
public interface IMeasuredWork
{
    /// <summary>What one operation does, with the parameters that are set. Called without any setup.</summary>
    /// <param name="method">The benchmark method.</param>
    Work WorkOf(string method);
}
