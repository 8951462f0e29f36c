namespace Inference.Peers;

/// <summary>How far logits are apart, relative to their norm.</summary>
/// <param name="Name">The model.</param>
/// <param name="EngineToPeer">This engine from llama.cpp; null where one of them does not load the model.</param>
/// <param name="EngineToPlain">This engine from a forward pass in float64 that is written from the papers.</param>
/// <param name="PeerToPlain">llama.cpp from that.</param>
/// <param name="Remark">Which of them did not load the model, or what is known of the difference.</param>
internal sealed record Agreement(string Name, double? EngineToPeer, double? EngineToPlain, double? PeerToPlain, string Remark);
