using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class WindowedHistoryTests() : ShortHistories(BatchingMode.Windowed, seed: 14);
