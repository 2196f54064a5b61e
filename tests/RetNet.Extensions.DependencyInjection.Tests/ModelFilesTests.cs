using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.DependencyInjection.Tests;

/// <summary>What a host finds at the path of a model when it starts.</summary>
public sealed class ModelFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("nothing", "neither model.safetensors nor model.safetensors.index.json")]
    [InlineData("no configuration", "config.json: found no file")]
    [InlineData("no tokenizer", "found no tokenizer.json")]
    [InlineData("another architecture", "config.json")]
    [InlineData("a header cut off", "model.safetensors: found")]
    [InlineData("weights cut off", "model.safetensors")]
    public async Task A_host_does_not_start_with_a_folder_that_is_no_model(string state, string expected)
    {
        CopyModel(_folder);
        string weights = Path.Combine(_folder, "model.safetensors");
        switch (state)
        {
            case "nothing":
                File.Delete(weights);
                break;
            case "no configuration":
                File.Delete(Path.Combine(_folder, "config.json"));
                break;
            case "no tokenizer":
                File.Delete(Path.Combine(_folder, "tokenizer.json"));
                break;
            case "another architecture":
                await File.WriteAllTextAsync(Path.Combine(_folder, "config.json"), """{"model_type": "mamba"}""");
                break;
            case "a header cut off":
                Cut(weights, 20);
                break;
            default:
                Cut(weights, new FileInfo(weights).Length - 1);
                break;
        }

        await Refuses(_folder, "ModelPath is", "where there is no model", expected);
    }

    [Theory]
    [InlineData("notes.txt", "a file of another kind")]
    [InlineData("model.gguf", "model.gguf: found")]
    [InlineData("model.safetensors", "config.json: found no file")]
    public async Task A_host_does_not_start_with_a_file_that_is_no_model(string name, string expected)
    {
        string file = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(file, "Once upon a time there was no model here.");

        await Refuses(file, $"ModelPath is '{file}'", "where there is no model", expected);
    }

    [Fact]
    public async Task A_host_starts_with_an_encoder()
    {
        using IHost host = Build(Path.Combine(AppContext.BaseDirectory, "models", "encoder-bert"));

        await host.StartAsync();

        Assert.NotNull((await host.Services.GetRequiredService<SharedModel>().GetAsync()).TextModel.Encoder);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_host_starts_with_headers_that_are_right_and_reads_no_weights()
    {
        CopyModel(_folder);
        string weights = Path.Combine(_folder, "model.safetensors");
        byte[] content = await File.ReadAllBytesAsync(weights);
        content.AsSpan(8 + (int)BitConverter.ToInt64(content)).Fill(0xFF);
        await File.WriteAllBytesAsync(weights, content);
        using IHost host = Build(_folder);

        await host.StartAsync();

        Assert.Null(host.Services.GetRequiredService<SharedModel>().Loaded);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_relative_path_starts_at_the_content_root()
    {
        CopyModel(Path.Combine(_folder, "models", "story"));
        using IHost host = Build(Path.Combine("models", "story"), _folder);

        await host.StartAsync();

        SharedModel model = host.Services.GetRequiredService<SharedModel>();
        Assert.Equal("story", model.Name);
        Assert.Equal("story", (await model.GetAsync()).TextModel.Name);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_relative_path_that_leads_nowhere_is_shown_with_where_it_leads()
    {
        using IHost host = Build("models/story", _folder);

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains($"ModelPath is 'models/story', and {Path.Combine(_folder, "models", "story")} does not exist", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_are_wrong_are_told_without_the_files()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRetNet("story", options => (options.ModelPath, options.Threads) = (_folder, -1));
        using IHost host = builder.Build();

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.StartsWith("RetNet model 'story': Threads is -1", Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    private static async Task Refuses(string path, params string[] expected)
    {
        using IHost host = Build(path);

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.StartsWith("RetNet model: ", failure.Message, StringComparison.Ordinal);
        Assert.All(expected, text => Assert.Contains(text, failure.Message, StringComparison.Ordinal));
    }

    private static IHost Build(string path, string? contentRoot = null)
    {
        HostApplicationBuilder builder =
            Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = contentRoot });
        builder.Services.AddRetNet(path);
        return builder.Build();
    }

    private static void CopyModel(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(ModelPaths.RetNet))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private static void Cut(string file, long length)
    {
        using FileStream stream = File.OpenWrite(file);
        stream.SetLength(length);
    }
}
