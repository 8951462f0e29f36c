using Inference.Hub;

namespace Inference.Tests.Hub;

public class SelectionTests
{
    private static readonly string[] _many =
    [
        ".gitattributes", "README.md", "config.json", "mmproj-F16.gguf", "imatrix_unsloth.gguf",
        "M-1B-Q4_K_M.gguf", "M-1B-Q4_K_S.gguf", "M-1B-UD-Q4_K_M.gguf", "M-1B-IQ4_XS.gguf", "M-1B-F16.gguf", "M-1B-BF16.gguf", "M-1B.Q5_0.gguf",
        "m-1b_q8_0.gguf", "Q6_K/M-1B-Q6_K-00001-of-00002.gguf", "Q6_K/M-1B-Q6_K-00002-of-00002.gguf", "Q2_K/weights.gguf", "M-1B-Q3_K_M-v2.gguf",
    ];

    [Theory]
    [InlineData("Q4_K_M", "M-1B-Q4_K_M.gguf")]
    [InlineData("q4_k_m", "M-1B-Q4_K_M.gguf")]
    [InlineData("UD-Q4_K_M", "M-1B-UD-Q4_K_M.gguf")]
    [InlineData("IQ4_XS", "M-1B-IQ4_XS.gguf")]
    [InlineData("F16", "M-1B-F16.gguf")]
    [InlineData("bf16", "M-1B-BF16.gguf")]
    [InlineData("Q5_0", "M-1B.Q5_0.gguf")]
    [InlineData("Q8_0", "m-1b_q8_0.gguf")]
    [InlineData("Q6_K", "Q6_K/M-1B-Q6_K-00001-of-00002.gguf")]
    [InlineData("Q2_K", "Q2_K/weights.gguf")]
    [InlineData("Q3_K_M", "M-1B-Q3_K_M-v2.gguf")]
    [InlineData("M-1B-Q4_K_S.gguf", "M-1B-Q4_K_S.gguf")]
    [InlineData("M-1B-Q4_K_S", "M-1B-Q4_K_S.gguf")]
    [InlineData("weights.gguf", "Q2_K/weights.gguf")]
    [InlineData("M-1B-Q6_K-00002-of-00002.gguf", "Q6_K/M-1B-Q6_K-00001-of-00002.gguf")]
    [InlineData("mmproj-F16.gguf", "mmproj-F16.gguf")]
    [InlineData("README.md", "README.md")]
    public void A_suffix_chooses(string suffix, string expected)
    {
        ModelSelection selection = Choose(_many, suffix);
        Assert.Equal(expected, selection.Primary!.Path);
        Assert.Equal(suffix.Contains("Q6_K", StringComparison.Ordinal) ? 2 : 1, selection.Files.Count);
    }

    [Theory]
    [InlineData("Q4_K")]
    [InlineData("K_M")]
    [InlineData("4_K_M")]
    [InlineData("Q7_0")]
    [InlineData("mmproj")]
    public void What_nothing_fits_is_an_error_that_lists_what_is_there(string suffix)
    {
        HubChoiceException error = Assert.Throws<HubChoiceException>(() => Choose(_many, suffix));
        Assert.Equal(11, error.Choices.Count);
        Assert.Contains("M-1B-Q4_K_M.gguf", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("mmproj-F16.gguf", error.Choices);
    }

    [Fact]
    public void Several_without_a_suffix_are_an_error_that_lists_them()
    {
        HubChoiceException error = Assert.Throws<HubChoiceException>(() => Choose(_many));
        Assert.Equal(11, error.Choices.Count);
        Assert.Contains("Q6_K/M-1B-Q6_K-00001-of-00002.gguf", error.Choices);
    }

    [Fact]
    public void Two_of_one_quantisation_are_an_error_that_lists_them() =>
        Assert.Equal(["a-Q8_0.gguf", "b-Q8_0.gguf"], Assert.Throws<HubChoiceException>(() => Choose(["a-Q8_0.gguf", "b-Q8_0.gguf", "c-F16.gguf"], "Q8_0")).Choices);

    [Fact]
    public void The_only_one_needs_no_suffix_whatever_goes_beside_it() =>
        Assert.Equal("a.gguf", Choose(["mmproj-F16.gguf", "a.gguf", "model.safetensors", "config.json"]).Primary!.Path);

    [Theory]
    [InlineData("m-00001-of-00003.gguf", "m-00003-of-00003.gguf", "m-00002-of-00003.gguf")]
    [InlineData("m-00002-of-00003.gguf", "m-00003-of-00003.gguf", "m-00001-of-00003.gguf")]
    [InlineData("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf")]
    public void A_part_that_is_missing_is_named(string first, string second, string missing) =>
        Assert.Equal(missing, Assert.Throws<HubNotFoundException>(() => Choose([first, second])).File);

    [Fact]
    public void A_claim_of_many_parts_costs_nothing() =>
        Assert.Equal("m-00002-of-99999.gguf", Assert.Throws<HubNotFoundException>(() => Choose(["m-00001-of-99999.gguf"])).File);

    [Fact]
    public void A_single_safetensors_file_will_do_under_any_name()
    {
        Assert.Null(Choose(["weights.safetensors", "config.json"]).Primary);
        Assert.Equal(3, Choose(["weights.safetensors", "config.json", "merges.txt", "x.bin"]).Files.Count);
        Assert.Equal(2, Choose(["model.safetensors", "lora.safetensors", "config.json"]).Files.Count);
        Assert.Equal(["a.safetensors", "b.safetensors"], Assert.Throws<HubChoiceException>(() => Choose(["a.safetensors", "b.safetensors", "config.json"])).Choices);
        Assert.Equal(2, Choose(["a.safetensors", "b.safetensors", "config.json"], "b.safetensors").Files.Count);
    }

    [Fact]
    public void Safetensors_without_a_config_are_no_model() =>
        Assert.Equal("config.json", Assert.Throws<HubNotFoundException>(() => Choose(["model.safetensors"])).File);

    [Fact]
    public void A_repository_without_a_model_says_what_it_has()
    {
        Assert.Contains("pytorch_model.bin", Assert.Throws<HubChoiceException>(() => Choose(["pytorch_model.bin", "config.json"])).Message, StringComparison.Ordinal);
        Assert.Contains("nothing", Assert.Throws<HubChoiceException>(() => Choose([])).Message, StringComparison.Ordinal);
    }

    private static ModelSelection Choose(string[] files, string? suffix = null) =>
        ModelSelection.Choose(new HubReference("owner/model", suffix), [.. files.Select(file => new HubEntry(file, 1, new string('0', 64)))]);
}
