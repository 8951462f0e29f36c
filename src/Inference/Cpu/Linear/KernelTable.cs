using System.Runtime.Intrinsics;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Which kernel computes with which weight type.</summary>
internal static unsafe class KernelTable
{
    /// <summary>The kernel for a layout.</summary>
    /// <param name="layout">How the panels lie.</param>
    /// <param name="width">A register width.</param>
    /// <exception cref="PlatformNotSupportedException">The processor lacks that width.</exception>
    public static delegate*<in PanelTask, void> Find(PanelLayout layout, KernelWidth width) => width switch
    {
        KernelWidth.Widest or KernelWidth.Assembled => Find(layout, Widest),
        KernelWidth.Bits512 when Lanes512.IsSupported => Find<Lanes512, Vector512<byte>>(layout),
        KernelWidth.Bits256 when Lanes256.IsSupported => Find<Lanes256, Vector256<byte>>(layout),
        KernelWidth.Bits128 => Find<Lanes128, Vector128<byte>>(layout),
        _ => throw new PlatformNotSupportedException($"This processor has no kernels of {(int)width} bits."),
    };

    /// <summary>The widest registers that this processor has kernels for.</summary>
    public static KernelWidth Widest =>
        Lanes512.IsSupported ? KernelWidth.Bits512 : Lanes256.IsSupported ? KernelWidth.Bits256 : KernelWidth.Bits128;

    private static delegate*<in PanelTask, void> Find<TLanes, T>(PanelLayout layout)
        where TLanes : struct, ILanes<T>
        where T : unmanaged => layout.Type switch
        {
            TensorType.F32 => &FloatKernel<TLanes, T, SingleFloats<TLanes, T>>.Run,
            TensorType.F16 when layout.Form == CodeForm.IeeeNumbers => &FloatKernel<TLanes, T, IeeeHalfFloats<TLanes, T>>.Run,
            TensorType.F16 => &FloatKernel<TLanes, T, HalfFloats<TLanes, T>>.Run,
            TensorType.BF16 => &FloatKernel<TLanes, T, BFloatPairs<TLanes, T>>.Run,
            TensorType.Q8_0 => &QuantizedKernel<TLanes, T, WideByteCodes<TLanes, T>, HalfScales<TLanes, T>>.Run,
            TensorType.Q4_0 => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes4, Zero8>, HalfScales<TLanes, T>>.Run,
            TensorType.Q4_1 => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes4, Zero0>, AffineScales<TLanes, T>>.Run,
            TensorType.Q5_0 => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes5, Zero16>, HalfScales<TLanes, T>>.Run,
            TensorType.Q5_1 => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes5, Zero0>, AffineScales<TLanes, T>>.Run,
            TensorType.Q2_K => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes2, Zero0>, SubScales<TLanes, T, AffineGroupsOf16>>.Run,
            TensorType.Q3_K => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes3, Zero4>, SubScales<TLanes, T, GroupsOf16>>.Run,
            TensorType.Q4_K => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes4, Zero0>, SubScales<TLanes, T, AffineGroupsOf32>>.Run,
            TensorType.Q5_K => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes5, Zero0>, SubScales<TLanes, T, AffineGroupsOf32>>.Run,
            TensorType.Q6_K => &QuantizedKernel<TLanes, T, PlaneCodes<TLanes, T, Planes6, Zero32>, SubScales<TLanes, T, GroupsOf16>>.Run,
            TensorType.IQ4_NL => &QuantizedKernel<TLanes, T, NonLinearCodes<TLanes, T>, HalfScales<TLanes, T>>.Run,
            TensorType.IQ4_XS => &QuantizedKernel<TLanes, T, NonLinearCodes<TLanes, T>, SubScales<TLanes, T, GroupsOf32>>.Run,
            TensorType.MXFP4 => &QuantizedKernel<TLanes, T, Fp4Codes<TLanes, T>, PowerScales<TLanes, T>>.Run,
            _ => throw new NotSupportedException($"Linear layers do not compute with {layout.Type}."),
        };
}
