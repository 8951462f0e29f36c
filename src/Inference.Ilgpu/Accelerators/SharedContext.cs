namespace Inference.Ilgpu.Accelerators;

/// <summary>The one context of a process, from its first device to the disposal of its last.</summary>
internal static class SharedContext
{
    private static readonly Lock _lock = new();
    private static AcceleratorContext? _context;
    private static int _users;

    /// <summary>Creates the context, or counts one more user of it; each calls <see cref="Release"/> once.</summary>
    public static AcceleratorContext Acquire()
    {
        lock (_lock)
        {
            _context ??= new AcceleratorContext();
            _users++;
            return _context;
        }
    }

    public static void Release()
    {
        lock (_lock)
        {
            if (--_users > 0)
                return;
            _context!.Dispose();
            _context = null;
        }
    }
}
