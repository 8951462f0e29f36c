using System.Globalization;
using System.Text.Json;

namespace Inference.Simulation.Workloads;

/// <summary>Reads traces of real services, in order of arrival.</summary>
internal static class Trace
{
    private const int MostTokens = 1 << 24;

    /// <summary>Reads an Azure trace (.csv: TIMESTAMP,ContextTokens,GeneratedTokens) or a Mooncake trace (.jsonl).</summary>
    /// <exception cref="TraceFormatException">A line is malformed.</exception>
    public static TraceRequest[] Read(string path)
    {
        using StreamReader reader = new(path);
        return path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? ReadMooncake(path, reader) : ReadAzure(path, reader);
    }

    internal static TraceRequest[] ReadAzure(string path, TextReader reader)
    {
        List<TraceRequest> requests = [];
        DateTime start = default;
        reader.ReadLine();
        for (int line = 2; reader.ReadLine() is { } text; line++)
        {
            string[] fields = text.Split(',');
            if (fields.Length != 3 || !DateTime.TryParse(fields[0], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time)
                || !TryTokens(fields[1], out int prompt) || !TryTokens(fields[2], out int output))
            {
                throw new TraceFormatException(path, line, $"'{text}' is not TIMESTAMP,ContextTokens,GeneratedTokens");
            }

            if (requests.Count == 0)
                start = time;
            requests.Add(new TraceRequest((time - start).Ticks * TimeSpan.NanosecondsPerTick, prompt, output));
        }

        return InOrder(requests);
    }

    internal static TraceRequest[] ReadMooncake(string path, TextReader reader)
    {
        List<TraceRequest> requests = [];
        for (int line = 1; reader.ReadLine() is { } text; line++)
        {
            MooncakeLine? entry;
            try
            {
                entry = JsonSerializer.Deserialize<MooncakeLine>(text);
            }
            catch (JsonException error)
            {
                throw new TraceFormatException(path, line, error.Message);
            }

            if (entry is null || entry.Timestamp is < 0 or > int.MaxValue || entry.InputLength is < 1 or > MostTokens || entry.OutputLength is < 1 or > MostTokens
                || entry.HashIds.Length != (entry.InputLength + TraceRequest.TokensPerPrefix - 1) / TraceRequest.TokensPerPrefix || entry.HashIds.Any(id => id < 0))
            {
                throw new TraceFormatException(path, line, "lengths, time or hash ids are out of range or do not agree");
            }

            requests.Add(new TraceRequest(entry.Timestamp * 1_000_000L, entry.InputLength, entry.OutputLength) { PrefixIds = entry.HashIds });
        }

        return InOrder(requests);
    }

    private static TraceRequest[] InOrder(List<TraceRequest> requests) => [.. requests.OrderBy(request => request.Arrival)];

    private static bool TryTokens(string text, out int tokens) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out tokens) && tokens is >= 1 and <= MostTokens;
}
