using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class MoreContinuousHistoryTests() : ShortHistories(BatchingMode.Continuous, seed: 12);
