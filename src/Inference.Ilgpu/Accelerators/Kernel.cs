using ILGPU.Runtime;

namespace Inference.Ilgpu.Accelerators;

/// <summary>A kernel that is compiled when it is first launched, or before, where it is known that it will be; see <see cref="ComputeQueue.Expect"/>.</summary>
/// <typeparam name="T">What launches it.</typeparam>
/// <param name="queue">Where it runs.</param>
/// <param name="load">Compiles it.</param>
internal sealed class Kernel<T>(ComputeQueue queue, Func<Accelerator, T> load) : IExpectedKernel
    where T : Delegate
{
    private T? _launch;

    /// <summary>Launches it. The accelerator's own cache forgets what nobody holds.</summary>
    public T Launch => _launch ??= queue.Compile(load);

    /// <summary>Has it compiled when there is time.</summary>
    public void Expect() => queue.Expect(this);

    void IExpectedKernel.Compile() => _ = Launch;
}
