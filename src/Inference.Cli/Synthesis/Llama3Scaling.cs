namespace Inference.Cli.Synthesis;

/// <summary>How Llama 3.1 and later stretch the rotary embedding over longer contexts: slow frequencies are divided, fast ones kept.</summary>
internal sealed record Llama3Scaling
{
    public double Factor { get; set; } = 32;

    public double LowFrequencyFactor { get; set; } = 1;

    public double HighFrequencyFactor { get; set; } = 4;

    public int OriginalContext { get; set; } = 8192;

    /// <summary>What each frequency is divided by: the tensor rope_freqs of GGUF files.</summary>
    public float[] Divisors(int headSize, double theta)
    {
        float[] divisors = new float[headSize / 2];
        for (int i = 0; i < divisors.Length; i++)
        {
            double wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / headSize);
            double turns = OriginalContext / wavelength;
            double kept = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
            divisors[i] = (float)(1 / ((1 - kept) / Factor + kept));
        }

        return divisors;
    }
}
