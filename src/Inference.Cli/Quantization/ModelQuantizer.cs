using System.Buffers;
using Inference.Formats;

namespace Inference.Cli.Quantization;

/// <summary>Rewrites a GGUF file with its matrices in another type.</summary>
internal static class ModelQuantizer
{
    private const int ElementsAtOnce = 1 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="source">The model to convert.</param>
    /// <param name="path">Where to.</param>
    /// <param name="recipe">The types of the matrices.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <param name="cancellationToken">Gives up; no file is left.</param>
    /// <returns>The tensors as they were written, in file order.</returns>
    public static IReadOnlyList<ConvertedTensor> Write(GgufFile source, string path, WeightRecipe recipe, IProgress<double> progress, CancellationToken cancellationToken)
    {
        GgufWriter writer = new();
        foreach ((string key, GgufValue value) in source.Metadata)
            writer.SetMetadata(key, value);
        writer.SetMetadata("general.file_type", GgufValue.From(recipe.FileType));
        writer.SetMetadata("general.quantization_version", GgufValue.From(2u));

        IReadOnlyList<ConvertedTensor> converted = Plan(source, recipe);
        long total = converted.Sum(tensor => tensor.Source.ByteLength);
        long done = 0;
        foreach (ConvertedTensor tensor in converted)
        {
            writer.AddTensor(tensor.Source.Name, tensor.Type, tensor.Source.Shape, stream =>
            {
                Convert(tensor, stream, cancellationToken);
                done += tensor.Source.ByteLength;
                progress.Report((double)done / total);
            });
        }

        writer.Save(path);
        return converted;
    }

    private static ConvertedTensor[] Plan(GgufFile source, WeightRecipe recipe)
    {
        string? architecture = source.FindString("general.architecture");
        int layers = architecture is null ? 0 : source.FindInt32Array($"{architecture}.block_count")?.FirstOrDefault() ?? 0;
        bool tied = !source.Tensors.ContainsKey("output.weight");
        return [.. source.Tensors.Values.Select(tensor =>
        {
            TensorType wanted = Wanted(tensor, recipe, layers, tied);
            TensorType type = IsMatrix(tensor) ? WeightRecipe.Fitting(wanted, tensor.Columns) : wanted;
            return new ConvertedTensor(tensor, type, FellBackFrom: type == wanted ? null : wanted);
        })];
    }

    private static TensorType Wanted(StoredTensor tensor, WeightRecipe recipe, int layers, bool tied)
    {
        if (!BlockFormat.IsComputable(tensor.Type))
            return tensor.Type;
        return IsMatrix(tensor) ? recipe.TypeOf(tensor.Name, layers, tied) : TensorType.F32;
    }

    private static bool IsMatrix(StoredTensor tensor) => tensor.Shape.Length >= 2 && tensor.Rows > 1 && BlockFormat.IsComputable(tensor.Type);

    private static void Convert(ConvertedTensor tensor, Stream stream, CancellationToken cancellationToken)
    {
        StoredTensor source = tensor.Source;
        int columns = checked((int)source.Columns);
        int rowBytes = checked((int)BlockFormat.ByteLength(tensor.Type, columns));
        int rowsAtOnce = (int)Math.Clamp(ElementsAtOnce / Math.Max(columns, 1), 1, Math.Max(source.Rows, 1));
        byte[] encoded = new byte[rowsAtOnce * rowBytes];
        for (long start = 0; start < source.Rows; start += rowsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = (int)Math.Min(rowsAtOnce, source.Rows - start);
            Parallel.For(0, rows, row => ConvertRow(source.Type, source.Row(start + row), tensor.Type, encoded.AsSpan(row * rowBytes, rowBytes), columns));
            stream.Write(encoded.AsSpan(0, rows * rowBytes));
        }
    }

    private static void ConvertRow(TensorType from, ReadOnlySpan<byte> source, TensorType to, Span<byte> destination, int columns)
    {
        if (from == to)
        {
            source.CopyTo(destination);
            return;
        }

        float[] row = ArrayPool<float>.Shared.Rent(columns);
        try
        {
            BlockFormat.Dequantize(from, source, row.AsSpan(0, columns));
            BlockFormat.Quantize(to, row.AsSpan(0, columns), destination);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(row);
        }
    }
}
