namespace Inference.Execution;

/// <summary>A device among those that a model's layers are dealt out to.</summary>
/// <param name="Device">The device; disposed by the <see cref="SplitDevice"/>.</param>
/// <param name="Layers">How many layers it gets, or all that are left where those are fewer. Null: as many as its free memory holds, all that are left where it does not tell or is the last.</param>
public sealed record DevicePart(Device Device, int? Layers);
