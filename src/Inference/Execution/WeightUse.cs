namespace Inference.Execution;

/// <summary>What a model will do with a weight; a device lays the weight out for it.</summary>
[Flags]
public enum WeightUse
{
    /// <summary>A vector of gains or biases, small, kept as 32-bit floats.</summary>
    Vector = 1,

    /// <summary>The matrix of a linear layer: [output features, input features].</summary>
    Linear = 2,

    /// <summary>A table of rows looked up by token id: [vocabulary, width].</summary>
    Embedding = 4,
}
