using Microsoft.Extensions.Logging;

namespace Inference.Ilgpu;

/// <summary>Everything the device writes to a log, in one place.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "{Device}: {FreeBytes} of {MemoryBytes} bytes may be used, {WeightBytes} for weights and {ActivationBytes} for activations")]
    public static partial void Prepared(ILogger logger, string device, long memoryBytes, long freeBytes, long weightBytes, long activationBytes);

    [LoggerMessage(2, LogLevel.Information, "{Device}: {Bytes} bytes of weights in {Milliseconds:F0} ms, with {Kernels} kernels compiled in {CompileMilliseconds:F0} ms, most of it beside the upload")]
    public static partial void Uploaded(ILogger logger, string device, long bytes, double milliseconds, int kernels, double compileMilliseconds);

    [LoggerMessage(3, LogLevel.Warning, "{Device}: the driver has refused a CUDA graph; from now on every step is launched kernel by kernel")]
    public static partial void GraphsGivenUp(ILogger logger, string device);
}
