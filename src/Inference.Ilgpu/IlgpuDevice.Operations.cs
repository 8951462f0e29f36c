using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Attention;
using Inference.Ilgpu.Graphs;
using Inference.Ilgpu.Linear;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu;

public sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void Begin(StepBatch batch)
    {
        Bind();
        _graphs.Flush();
        _operations++;
        CompleteUploads();
        _step.Begin(batch);
        _batch = batch;
        // Prompts differ from step to step; steps that decode are alike but for what their buffers hold.
        bool decodes = batch.Sequences.Length == batch.RowCount;
        _graphs.Begin(decodes ? new StepKey(_step.Rows, _step.LogitRowCount, AttentionKernels.LengthBucket(_step.MaxLength), Moves) : null);
    }

    /// <inheritdoc/>
    public override void Embed(DeviceWeight table, DeviceTensor destination)
    {
        // A kernel would read whatever lies beside the table.
        if (_batch is { } batch && batch.Tokens.ContainsAnyExceptInRange(0, table.Rows - 1))
            throw new ArgumentException($"The step has a token outside of the table's {table.Rows} rows.", nameof(table));
        Run(new StepOperation { Kind = StepOperationKind.Embed, Weight = table, Tensor = destination });
    }

    /// <inheritdoc/>
    public override void EmbedPositions(DeviceWeight table, DeviceTensor destination)
    {
        if (_batch is { } batch && batch.Positions.ContainsAnyExceptInRange(0, table.Rows - 1))
            throw new ArgumentException($"The step has a position outside of the table's {table.Rows} rows.", nameof(table));
        Run(new StepOperation { Kind = StepOperationKind.EmbedPositions, Weight = table, Tensor = destination });
    }

    /// <inheritdoc/>
    public override void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination) =>
        Run(new StepOperation { Kind = StepOperationKind.Normalize, Tensor = hidden, Second = addend, Rule = norm, Third = destination });

    /// <inheritdoc/>
    public override void Add(DeviceTensor destination, DeviceTensor addend) =>
        Run(new StepOperation { Kind = StepOperationKind.Add, Tensor = destination, Second = addend });

    /// <inheritdoc/>
    public override void Scale(DeviceTensor tensor, float factor) =>
        Run(new StepOperation { Kind = StepOperationKind.Scale, Tensor = tensor, Factor = factor });

    /// <inheritdoc/>
    public override void SoftCap(DeviceTensor tensor, float cap) =>
        Run(new StepOperation { Kind = StepOperationKind.SoftCap, Tensor = tensor, Factor = cap });

    /// <inheritdoc/>
    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets) =>
        Run(new StepOperation { Kind = StepOperationKind.Linear, Tensor = input }, targets);

    /// <inheritdoc/>
    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets) =>
        Run(new StepOperation { Kind = StepOperationKind.NormalizedLinear, Tensor = hidden, Second = addend, Rule = norm }, targets);

    /// <inheritdoc/>
    public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets) =>
        Run(new StepOperation { Kind = StepOperationKind.GatedLinear, Tensor = gate, Second = up, Number = (int)activation }, targets);

    /// <inheritdoc/>
    public override void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination) =>
        Run(new StepOperation { Kind = StepOperationKind.MixExperts, Tensor = input, Second = scores, Rule = routing, Experts = experts, Third = destination });

    /// <inheritdoc/>
    public override void RotateAndStore(DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer) =>
        Run(new StepOperation { Kind = StepOperationKind.RotateAndStore, Tensor = queries, Second = keys, Third = values, Rule = rope, Attention = shape, Cache = cache, Number = layer });

    /// <inheritdoc/>
    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination) =>
        Run(new StepOperation { Kind = StepOperationKind.Attend, Tensor = queries, Attention = shape, Weight = sinks, Cache = cache, Number = layer, Second = destination });

    /// <inheritdoc/>
    public override void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination) =>
        Run(new StepOperation { Kind = StepOperationKind.Gate, Tensor = gate, Second = up, Number = (int)activation, Third = destination });

    /// <inheritdoc/>
    public override void SelectRows(DeviceTensor source, DeviceTensor destination) =>
        Run(new StepOperation { Kind = StepOperationKind.SelectRows, Tensor = source, Second = destination });

    /// <inheritdoc/>
    /// <remarks>Not part of a step's graph: whether anybody asks for it changes from step to step, and a graph is repeated as a whole.</remarks>
    public override void ArgMax(DeviceTensor logits)
    {
        Bind();
        _operations++;
        _graphs.Flush();
        _elements.ArgMax(View(logits), _largest.View(logits.Capacity), logits.Columns);
    }

    private int Moves => _step.Version + _linear.Version + _experts.Version + _attention.Version + _between.Version;

    private void Run(in StepOperation operation, ReadOnlySpan<LinearTarget> targets = default)
    {
        Bind();
        _operations++;
        _graphs.Run(operation, targets);
    }

    /// <summary>Enqueues an operation's kernels.</summary>
    private void Execute(in StepOperation operation, ReadOnlySpan<LinearTarget> targets)
    {
        ArrayView<float> tensor = View(operation.Tensor!);
        ArrayView<float>? second = operation.Second is { } other ? View(other) : null;
        switch (operation.Kind)
        {
            case StepOperationKind.Embed:
                _linear.Embed((DeviceMatrix)operation.Weight!, _step.Tokens, _step.Rows, tensor, adds: false);
                break;
            case StepOperationKind.EmbedPositions:
                _linear.Embed((DeviceMatrix)operation.Weight!, _step.Positions, _step.Rows, tensor, adds: true);
                break;
            case StepOperationKind.Normalize:
                Normalize(tensor, second, (Norm)operation.Rule!, View(operation.Third!));
                break;
            case StepOperationKind.Add:
                _elements.Add(tensor, second!.Value);
                break;
            case StepOperationKind.Scale:
                _elements.Scale(tensor, operation.Factor);
                break;
            case StepOperationKind.SoftCap:
                _elements.SoftCap(tensor, operation.Factor);
                break;
            case StepOperationKind.Linear:
                RunLinear(tensor, operation.Tensor!.Rows, targets);
                break;
            case StepOperationKind.NormalizedLinear:
                ArrayView<float> normalized = Between(operation.Tensor!);
                Normalize(tensor, second, (Norm)operation.Rule!, normalized);
                RunLinear(normalized, operation.Tensor!.Rows, targets);
                break;
            case StepOperationKind.GatedLinear:
                ArrayView<float> gated = Between(operation.Tensor!);
                _elements.Gate(tensor, second, (Activation)operation.Number, gated);
                RunLinear(gated, operation.Tensor!.Rows, targets);
                break;
            case StepOperationKind.MixExperts:
                _experts.Mix(tensor, second!.Value, operation.Tensor!.Rows, (ExpertRouting)operation.Rule!, operation.Experts!, View(operation.Third!));
                break;
            case StepOperationKind.RotateAndStore:
                _attention.RotateAndStore(tensor, second!.Value, View(operation.Third!), (Rope?)operation.Rule, operation.Attention!, (IlgpuKvCache)operation.Cache!, operation.Number, _step);
                break;
            case StepOperationKind.Attend:
                _attention.Attend(tensor, operation.Attention!, ((DeviceVector?)operation.Weight)?.View, (IlgpuKvCache)operation.Cache!, operation.Number, second!.Value, _step);
                break;
            case StepOperationKind.Gate:
                _elements.Gate(tensor, second, (Activation)operation.Number, View(operation.Third!));
                break;
            case StepOperationKind.SelectRows:
                _elements.SelectRows(tensor, _step.LogitRows, second!.Value, operation.Tensor!.Columns);
                break;
            default:
                throw new UnreachableException($"{operation.Kind} is no operation of a step.");
        }
    }

    private void Normalize(ArrayView<float> hidden, ArrayView<float>? addend, Norm norm, ArrayView<float> destination) =>
        _elements.Normalize(hidden, addend, norm.Kind, ((DeviceVector)norm.Gain).View, ((DeviceVector?)norm.Bias)?.View, norm.Epsilon, destination);

    private void RunLinear(ArrayView<float> input, int rows, ReadOnlySpan<LinearTarget> targets)
    {
        if (_jobs.Length < targets.Length)
            _jobs = new LinearJob[targets.Length];
        for (int i = 0; i < targets.Length; i++)
            _jobs[i] = new LinearJob((DeviceMatrix)targets[i].Weight, ((DeviceVector?)targets[i].Bias)?.View, View(targets[i].Output));
        _linear.Run(input, rows, _jobs.AsSpan(0, targets.Length));
    }

    /// <summary>Room for a tensor of this shape between two kernels. Enough for its capacity: a later step does not move it.</summary>
    private ArrayView<float> Between(DeviceTensor like) => _between.View((long)like.Capacity * like.Columns).SubView(0, (long)like.Rows * like.Columns);

    private static ArrayView<float> View(DeviceTensor tensor) => ((IlgpuTensor)tensor).View;
}
