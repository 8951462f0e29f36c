namespace Inference;

/// <summary>What a part of an answer is.</summary>
public enum ChatPieceKind
{
    /// <summary>What the model thinks before it answers.</summary>
    Reasoning,

    /// <summary>What it answers.</summary>
    Answer,

    /// <summary>A tool that it calls.</summary>
    ToolCall,
}
