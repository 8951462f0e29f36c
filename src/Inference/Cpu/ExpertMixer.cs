using Inference.Cpu.Linear;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Mixtures of experts: the rows of a step grouped by the experts they chose, each expert one matrix product over its rows.</summary>
/// <remarks>
/// Shazeer et al., Outrageously Large Neural Networks (2017). All experts' products are one run of the team, so that experts with few
/// rows are computed side by side. A row's outputs are kept apart until all are done and are then added by rank, so that a row's
/// company does not show. Once the largest step has been seen, nothing is allocated.
/// </remarks>
/// <param name="device">Knows the weights.</param>
/// <param name="team">Computes.</param>
/// <param name="activations">Holds the quantised inputs meanwhile.</param>
internal sealed unsafe class ExpertMixer(CpuDevice device, ThreadTeam team, QuantizedActivations activations) : IDisposable
{
    private readonly ExpertRoutes _routes = new();
    private readonly NativeBuffer _gate = new();
    private readonly NativeBuffer _up = new();
    private readonly NativeBuffer _outputs = new();
    private LinearCall[] _calls = [];

    /// <summary>See <see cref="Device.MixExperts"/>.</summary>
    public void Mix(CpuTensor input, CpuTensor scores, ExpertRouting routing, ExpertLayer experts, CpuTensor destination)
    {
        int width = input.Columns;
        int hidden = experts.Up[0].Weight.Rows;
        int places = checked(input.Rows * routing.Chosen);
        _routes.Find(team, scores, routing);
        nuint most = checked((nuint)input.Capacity * (nuint)routing.Chosen * sizeof(float));
        _gate.Reserve(checked(most * (nuint)hidden));
        _up.Reserve(checked(most * (nuint)hidden));
        _outputs.Reserve(checked(most * (nuint)width));
        if (_calls.Length < 2 * experts.Down.Length)
            _calls = new LinearCall[2 * experts.Down.Length];
        var gate = (float*)_gate.Data;
        var up = (float*)_up.Data;
        var outputs = (float*)_outputs.Data;

        int calls = 0;
        for (int expert = 0; expert < experts.Down.Length; expert++)
        {
            RowGroup group = _routes.OfExperts[expert];
            if (group.Count == 0)
                continue;
            _calls[calls++] = device.Call(experts.Gate[expert], width, gate, hidden, group);
            _calls[calls++] = device.Call(experts.Up[expert], width, up, hidden, group);
        }

        var rows = new GatheredRows { Source = input.Data, Rows = _routes.Rows, Columns = width };
        LinearKernel.Run(team, new LinearInput(&GatheredRows.Compute, &rows, places, width) { Groups = _routes.Groups }, activations, _calls.AsSpan(0, calls));

        calls = 0;
        for (int expert = 0; expert < experts.Down.Length; expert++)
        {
            if (_routes.OfExperts[expert] is { Count: > 0 } group)
                _calls[calls++] = device.Call(experts.Down[expert], hidden, outputs, width, group);
        }

        var gated = new GatedRows { Gate = gate, Up = up, Activation = routing.Activation, Columns = hidden };
        LinearKernel.Run(team, new LinearInput(&GatedRows.Compute, &gated, places, hidden) { Groups = _routes.Groups }, activations, _calls.AsSpan(0, calls));
        MixedRows.Run(team, outputs, _routes.Places, _routes.Weights, routing.Chosen, destination.Data, destination.Rows, width);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _routes.Dispose();
        _gate.Dispose();
        _up.Dispose();
        _outputs.Dispose();
    }
}
