namespace Inference.Peers;

/// <summary>The comparison cannot be made; the message says why in one line.</summary>
internal sealed class PeerException(string message) : Exception(message);
