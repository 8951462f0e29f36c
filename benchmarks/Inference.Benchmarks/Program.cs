using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Inference.Benchmarks.Columns;

// In this process: the ceilings that results are compared with are measured in the same one.
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance).AddColumn(RateColumn.All);
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(["--inProcess", .. args], config);
