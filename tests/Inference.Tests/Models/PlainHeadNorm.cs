namespace Inference.Tests.Models;

/// <summary>How queries and keys are normalised.</summary>
public enum PlainHeadNorm
{
    None,
    EachHead,
    WholeProjection,
}
