namespace Inference.Simulation.Workloads;

/// <summary>A trace file is malformed.</summary>
internal sealed class TraceFormatException(string path, int line, string problem) : Exception($"{path}, line {line}: {problem}");
