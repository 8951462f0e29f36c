using Inference.Formats;

namespace Inference.Tests.Formats;

/// <summary>The files, good and bad, that llama.cpp's test of its reader describes by these names.</summary>
internal static class GgufCases
{
    public static readonly IReadOnlyDictionary<string, Func<GgufBytes>> Rejected = new Dictionary<string, Func<GgufBytes>>
    {
        ["HEADER_BAD_MAGIC"] = () => new GgufBytes(magic: "FUGG"),
        ["HEADER_BAD_VERSION_0"] = () => new GgufBytes(version: 0),
        ["HEADER_BAD_VERSION_1"] = () => new GgufBytes(version: 1),
        ["HEADER_BAD_VERSION_FUTURE"] = () => new GgufBytes(version: 4),
        ["HEADER_BAD_N_TENSORS"] = () => new GgufBytes(tensors: ulong.MaxValue),
        ["HEADER_BAD_N_KV"] = () => new GgufBytes(values: ulong.MaxValue),
        ["KV_BAD_KEY_SIZE"] = () => new GgufBytes(values: 1).Text("my_key", ulong.MaxValue).Type(GgufValueType.UInt32).U32(1),
        ["KV_EMPTY_KEY"] = () => new GgufBytes(values: 1).Value("", 1),
        ["KV_BAD_TYPE"] = () => new GgufBytes(values: 1).Text("my_key").U32(13).U32(1),
        ["KV_DUPLICATE_KEY"] = () => new GgufBytes(values: 2).Value("my_key", 1).Value("my_key", 1),
        ["KV_BAD_ALIGN"] = () => new GgufBytes(values: 1).Alignment(13),
        ["KV_WRONG_TYPE_ALIGN"] = () => new GgufBytes(values: 1).Text("general.alignment").Type(GgufValueType.Int32).U32(32),
        ["TENSORS_BAD_NAME_SIZE"] = () => new GgufBytes(tensors: 1).Tensor(new string('a', 64), [8]).Pad(),
        ["TENSORS_BAD_N_DIMS"] = () => new GgufBytes(tensors: 1).Tensor("a", [8, 1, 1, 1, 1]).Pad(),
        ["TENSORS_BAD_SHAPE"] = () => new GgufBytes(tensors: 1).Tensor("a", [-1, -1]).Pad(),
        ["TENSORS_NE_TOO_BIG"] = () => new GgufBytes(tensors: 1).Tensor("a", [4L * int.MaxValue, 4L * int.MaxValue]).Pad(),
        ["TENSORS_NBYTES_TOO_BIG"] = () => new GgufBytes(tensors: 1).Tensor("a", [1L << 31, 1L << 30], type: 27).Pad(),
        ["TENSORS_BAD_TYPE"] = () => new GgufBytes(tensors: 1).Tensor("a", [8], type: 43).Pad(),
        ["TENSORS_BAD_OFFSET"] = () => new GgufBytes(tensors: 1).Tensor("a", [8], offset: ulong.MaxValue).Pad(),
        ["TENSORS_DUPLICATE_NAME"] = () => new GgufBytes(tensors: 2).Tensor("a", [8]).Tensor("a", [8], offset: 32).Pad(),
        ["TENSORS_BAD_ALIGN"] = () => new GgufBytes(tensors: 1, values: 1).Alignment(13).Tensor("a", [8]).Pad(13),
        ["TENSORS_INCONSISTENT_ALIGN"] = () => new GgufBytes(tensors: 2).Tensor("a", [1]).Tensor("b", [1], offset: 4).Pad(),
        ["DATA_NOT_ENOUGH_DATA"] = () => new GgufBytes(tensors: 1).Tensor("a", [3]).Pad().Data(31),
        ["DATA_BAD_ALIGN"] = () => new GgufBytes(tensors: 1, values: 1).Alignment(13).Tensor("a", [8]).Pad(13).Data(39),
        ["DATA_INCONSISTENT_ALIGN"] = () => new GgufBytes(tensors: 2).Tensor("a", [1]).Tensor("b", [1], offset: 4).Pad(1).Data(8),
        ["DATA_MEM_SIZE_OVERFLOW"] = () => new GgufBytes(tensors: 2).Tensor("a", [0x7FFFFFFFFFFFFFC0], type: 24)
            .Tensor("b", [0x7FFFFFFFFFFFFFC0], offset: 0x7FFFFFFFFFFFFFC0, type: 24).Pad().Data(32),
    };

    public static readonly IReadOnlyDictionary<string, Func<GgufBytes>> Accepted = new Dictionary<string, Func<GgufBytes>>
    {
        ["HEADER_EMPTY"] = () => new GgufBytes(),
        ["KV_SUCCESS"] = EveryValueType,
        ["TENSORS_ZERO_DIM"] = () => new GgufBytes(tensors: 2).Tensor("a", [8, 0]).Tensor("b", [8, 0]).Pad(),
        ["TENSORS_SUCCESS"] = () => new GgufBytes(tensors: 2).Tensor("a", [3]).Tensor("b", [32, 2], offset: 32, type: 8).Pad(),
        ["TENSORS_CUSTOM_ALIGN"] = () => new GgufBytes(tensors: 2, values: 1).Alignment(1)
            .Tensor("a", [3]).Tensor("b", [32, 2], offset: 12, type: 8),
        ["DATA_SUCCESS"] = () => new GgufBytes(tensors: 2).Tensor("a", [3]).Tensor("b", [32, 2], offset: 32, type: 8).Pad().Data(128),
        ["DATA_CUSTOM_ALIGN"] = () => new GgufBytes(tensors: 2, values: 1).Alignment(1)
            .Tensor("a", [3]).Tensor("b", [32, 2], offset: 12, type: 8).Data(80),
    };

    /// <summary>One of each type, with bytes that are neither text nor booleans where a type leaves them free.</summary>
    public static GgufBytes EveryValueType()
    {
        byte[] noise = [0xFF, 0xC0, 0x80, 0x7F, 0xF1, 0x02, 0x03, 0xFE];
        GgufBytes bytes = new(values: 25);
        foreach (GgufValueType type in Enum.GetValues<GgufValueType>())
        {
            if (type == GgufValueType.Array)
                continue;
            int size = SizeOf(type);
            bytes.Text($"scalar_{type}").Type(type);
            if (type == GgufValueType.String)
                bytes.U64(8).Raw(noise);
            else
                bytes.Raw(noise[..size]);
            bytes.Text($"array_{type}").Type(GgufValueType.Array).Type(type).U64(type == GgufValueType.String ? 2 : 8u / (uint)size);
            if (type == GgufValueType.String)
                bytes.U64(0).U64(8).Raw(noise);
            else
                bytes.Raw(noise);
        }

        return bytes.Text("empty").Type(GgufValueType.Array).Type(GgufValueType.String).U64(0);
    }

    private static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        _ => 8,
    };
}
