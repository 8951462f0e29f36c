using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace Inference.Ilgpu.Accelerators;

/// <summary>Finds the drivers' libraries where a machine has only their versioned names, as it has without development packages.</summary>
internal static class NativeLibraries
{
    private static readonly Lock _registration = new();
    private static bool _registered;

    public static void Register()
    {
        lock (_registration)
        {
            if (_registered || !OperatingSystem.IsLinux())
                return;
            _registered = true;
            try
            {
                NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
            }
            catch (InvalidOperationException)
            {
                // The host has a resolver of its own, which then finds them.
            }
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        "cuda" => Load("libcuda.so.1", assembly, path),
        "OpenCL" => Load("libOpenCL.so.1", assembly, path),
        _ => 0,
    };

    private static nint Load(string name, Assembly assembly, DllImportSearchPath? path) =>
        NativeLibrary.TryLoad(name, assembly, path, out nint handle) ? handle : 0;
}
