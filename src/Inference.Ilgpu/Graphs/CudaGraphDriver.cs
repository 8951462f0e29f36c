using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Inference.Ilgpu.Graphs;

/// <summary>Graphs of CUDA's driver API on one stream.</summary>
/// <remarks>
/// CUDA driver API, "Stream Management" and "Graph Management". The mode of recording is the relaxed one, since ILGPU may load a module or
/// allocate in between, which the driver may do beside a recording.
/// </remarks>
internal sealed unsafe class CudaGraphDriver : IGraphDriver
{
    private const int Relaxed = 2;

    private readonly CudaAccelerator _accelerator;
    private readonly CudaStream _stream;
    private readonly delegate* unmanaged<nint, int, int> _begin;
    private readonly delegate* unmanaged<nint, nint*, int> _end;
    private readonly delegate* unmanaged<nint*, nint, ulong, int> _instantiate;
    private readonly delegate* unmanaged<nint, nint, int> _launch;
    private readonly delegate* unmanaged<nint, int> _destroyGraph;
    private readonly delegate* unmanaged<nint, int> _destroyInstance;

    private CudaGraphDriver(CudaAccelerator accelerator, CudaStream stream, nint library)
    {
        _accelerator = accelerator;
        _stream = stream;
        _begin = (delegate* unmanaged<nint, int, int>)NativeLibrary.GetExport(library, "cuStreamBeginCapture_v2");
        _end = (delegate* unmanaged<nint, nint*, int>)NativeLibrary.GetExport(library, "cuStreamEndCapture");
        _instantiate = (delegate* unmanaged<nint*, nint, ulong, int>)NativeLibrary.GetExport(library, "cuGraphInstantiateWithFlags");
        _launch = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "cuGraphLaunch");
        _destroyGraph = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cuGraphDestroy");
        _destroyInstance = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cuGraphExecDestroy");
    }

    /// <returns>Null where the stream is not CUDA's or the driver has no graphs (before 11.4).</returns>
    public static CudaGraphDriver? TryCreate(Accelerator accelerator, AcceleratorStream stream)
    {
        if (accelerator is not CudaAccelerator cuda || stream is not CudaStream queue)
            return null;
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out nint library))
            return null;
        try
        {
            return new CudaGraphDriver(cuda, queue, library);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    public bool TryBegin()
    {
        _accelerator.Bind();
        return _begin(_stream.StreamPtr, Relaxed) == 0;
    }

    public nint TryEnd()
    {
        nint graph = 0;
        if (_end(_stream.StreamPtr, &graph) != 0 || graph == 0)
            return 0;
        nint instance = 0;
        int status = _instantiate(&instance, graph, 0);
        // The instance has what it needs of the graph.
        _ = _destroyGraph(graph);
        return status == 0 ? instance : 0;
    }

    public bool TryLaunch(nint graph)
    {
        _accelerator.Bind();
        return _launch(graph, _stream.StreamPtr) == 0;
    }

    public void Release(nint graph) => _ = _destroyInstance(graph);
}
