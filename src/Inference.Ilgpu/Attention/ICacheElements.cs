namespace Inference.Ilgpu.Attention;

/// <summary>How the cache stores an element.</summary>
internal interface ICacheElements
{
    /// <param name="cache">The layer.</param>
    /// <param name="head">Where the head's keys or values of the block start.</param>
    /// <param name="position">Position in the block.</param>
    /// <param name="element">Element of the head.</param>
    float Load(CacheView cache, long head, int position, int element);

    /// <summary>Stores an element.</summary>
    /// <param name="cache">The layer.</param>
    /// <param name="head">Where the head's keys or values of the block start.</param>
    /// <param name="position">Position in the block.</param>
    /// <param name="element">Element of the head.</param>
    /// <param name="value">What to store.</param>
    /// <param name="largest">The largest magnitude of the 32 elements that it is one of.</param>
    void Store(CacheView cache, long head, int position, int element, float value, float largest);
}
