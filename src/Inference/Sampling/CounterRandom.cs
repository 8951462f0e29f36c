namespace Inference.Sampling;

/// <summary>Random numbers without state: the same seed and counter always give the same number.</summary>
/// <remarks>
/// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
/// The seed is the key and the token's position is the counter, so that what a request draws depends neither on
/// what else runs nor on whether it was interrupted, and nothing needs to be kept between tokens.
/// </remarks>
internal readonly struct CounterRandom(ulong seed)
{
    private const int Rounds = 10;

    /// <summary>A number in [0, 1), with 53 random bits.</summary>
    /// <param name="counter">Which number of the seed's sequence; any value.</param>
    public double NextDouble(ulong counter)
    {
        (uint word0, uint word1, _, _) = Block(((uint)counter, (uint)(counter >> 32), 0, 0), ((uint)seed, (uint)(seed >> 32)));
        ulong bits = ((ulong)word1 << 32) | word0;
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The bijection itself: 128 bits of counter to 128 random bits under a 64-bit key.</summary>
    internal static (uint, uint, uint, uint) Block((uint, uint, uint, uint) counter, (uint, uint) key)
    {
        (uint c0, uint c1, uint c2, uint c3) = counter;
        (uint k0, uint k1) = key;
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = Math.BigMul(0xD2511F53u, c0);
            ulong product1 = Math.BigMul(0xCD9E8D57u, c2);
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }

        return (c0, c1, c2, c3);
    }
}
