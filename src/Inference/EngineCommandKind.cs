namespace Inference;

/// <summary>The messages that the engine's thread understands.</summary>
internal enum EngineCommandKind
{
    Submit,
    Cancel,
    Resume,
    Unpin,
    CancelAll,
    Wake,
}
