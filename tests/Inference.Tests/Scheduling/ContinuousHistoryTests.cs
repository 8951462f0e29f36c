using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class ContinuousHistoryTests() : ShortHistories(BatchingMode.Continuous, seed: 11);
