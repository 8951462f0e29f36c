using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using EmbedLaunch = Action<AcceleratorStream, Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>;

/// <summary>The kernels of quantised matrices, of one kind for each <see cref="QuantizedForm"/>.</summary>
/// <param name="queue">Where they run.</param>
internal sealed class QuantizedKernels(ComputeQueue queue) : IQuantizedVisitor<QuantizedProduct>, IQuantizedVisitor<Kernel<EmbedLaunch>>
{
    private readonly Dictionary<QuantizedForm, QuantizedProduct> _products = [];
    private readonly Dictionary<QuantizedForm, Kernel<EmbedLaunch>> _embeddings = [];

    /// <summary>Products with matrices of a form.</summary>
    public QuantizedProduct Product(QuantizedForm form)
    {
        if (!_products.TryGetValue(form, out QuantizedProduct? product))
            _products.Add(form, product = form.Accept<QuantizedProduct>(this));
        return product;
    }

    /// <summary>Rows of tables of a form.</summary>
    public Kernel<EmbedLaunch> Embedding(QuantizedForm form)
    {
        if (!_embeddings.TryGetValue(form, out Kernel<EmbedLaunch>? kernel))
            _embeddings.Add(form, kernel = form.Accept<Kernel<EmbedLaunch>>(this));
        return kernel;
    }

    QuantizedProduct IQuantizedVisitor<QuantizedProduct>.Visit<TCodes, TScales>() => QuantizedProduct.Create<TCodes, TScales>(queue);

    Kernel<EmbedLaunch> IQuantizedVisitor<Kernel<EmbedLaunch>>.Visit<TCodes, TScales>() =>
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>(EmbedQuantizedKernel<TCodes, TScales>.Run));
}
