using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class StaticHistoryTests() : ShortHistories(BatchingMode.Static, seed: 13);
