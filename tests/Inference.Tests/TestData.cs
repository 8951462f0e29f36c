namespace Inference.Tests;

/// <summary>Finds the files that tests read.</summary>
internal static class TestData
{
    private static readonly string _root = FindRoot();

    /// <summary>The F32 model that ships with the sample.</summary>
    public static string Stories260K => System.IO.Path.Combine(_root, "samples", "Generate", "stories260K", "stories260K.gguf");

    /// <summary>A committed file or folder under tests/data.</summary>
    public static string Path(string relative) => System.IO.Path.Combine(_root, "tests", "data", relative);

    /// <summary>The root of the repository.</summary>
    public static string Root => _root;

    /// <summary>
    /// A file or folder that is too large, or not ours, to commit; it may lie beside the checkout.
    /// The calling test is skipped where it does not.
    /// </summary>
    public static string Shared(string relative)
    {
        string path = System.IO.Path.Combine(_root, "..", "shared", "data", relative);
        if (!File.Exists(path) && !Directory.Exists(path))
            Assert.Skip($"needs shared/data/{relative} beside the checkout");
        return path;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Inference.sln")))
            folder = System.IO.Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
