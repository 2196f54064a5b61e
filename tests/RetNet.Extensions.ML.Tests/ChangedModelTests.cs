using Microsoft.ML;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Model folders and archives that another program changes, and archives that cannot be written.</summary>
public sealed class ChangedModelTests : IDisposable
{
    private readonly MLContext _context = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-ml-").FullName;

    public ChangedModelTests()
    {
        foreach (string file in Directory.EnumerateFiles(TinyModel.Path))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    private string Weights => Path.Combine(_folder, "model.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_fitted_transformer_scores_without_its_files_and_names_a_changed_one_when_it_is_saved()
    {
        if (OperatingSystem.IsWindows())
            return;
        IDataView data = _context.Load(Models.Rows(4));
        using RetNetTransformer transformer = _context.Transforms.Text.RetNetEmbedding("Features", "Text", _folder).Fit(data);
        string[] expected = LoaderProgram.Values(transformer.Transform(data), "Features");
        using (ModelArchiveFile file = ModelArchiveFile.Save(_context, transformer, data.Schema))
        using (IDisposable loaded = (IDisposable)file.Load(_context))
            Assert.Equal(expected, LoaderProgram.Values(((ITransformer)loaded).Transform(data), "Features"));

        using (FileStream stream = new(Weights, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(10);
        Assert.Equal(expected, LoaderProgram.Values(transformer.Transform(data), "Features"));
        using MemoryStream archive = new();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => _context.Model.Save(transformer, data.Schema, archive));
        Assert.Equal(Weights, exception.File);
        Assert.Contains("found 10 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loaded_archive_is_not_needed_any_more()
    {
        IDataView data = _context.Load(Models.Rows(4));
        using RetNetTransformer transformer = _context.Transforms.Text.RetNetEmbedding("Features", "Text", _folder).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, transformer, data.Schema);
        using IDisposable loaded = (IDisposable)file.Load(_context);
        string[] expected = LoaderProgram.Values(((ITransformer)loaded).Transform(data), "Features");
        File.WriteAllBytes(file.Path, []);
        Assert.Equal(expected, LoaderProgram.Values(((ITransformer)loaded).Transform(data), "Features"));
        using ModelArchiveFile again = ModelArchiveFile.Save(_context, (ITransformer)loaded, data.Schema);
        Assert.True(new FileInfo(again.Path).Length > 0);
    }

    [Fact]
    public void An_archive_that_is_cut_while_it_is_loaded_is_refused_or_was_read_before()
    {
        IDataView data = _context.Load(Models.Rows(2));
        using RetNetTransformer transformer = _context.Transforms.Text.RetNetEmbedding("Features", "Text", Models.RetNetPath).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, transformer, data.Schema);
        string[] expected = LoaderProgram.Values(transformer.Transform(data), "Features");
        byte[] content = File.ReadAllBytes(file.Path);
        Random random = new(4);
        int refused = 0;
        for (int round = 0; round < 25; round++)
        {
            int wait = random.Next(200_000);
            long length = random.NextInt64(content.Length);
            using Barrier start = new(2);
            Thread cut = new(() =>
            {
                start.SignalAndWait();
                Thread.SpinWait(wait);
                using FileStream stream = new(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                stream.SetLength(length);
            });
            cut.Start();
            start.SignalAndWait();
            try
            {
                using IDisposable loaded = (IDisposable)file.Load(new MLContext());
                Assert.Equal(expected, LoaderProgram.Values(((ITransformer)loaded).Transform(data), "Features"));
            }
            catch (Exception exception) when (exception is not (Xunit.Sdk.XunitException or OutOfMemoryException or NullReferenceException))
            {
                refused++;
            }

            cut.Join();
            File.WriteAllBytes(file.Path, content);
        }

        Assert.InRange(refused, 1, 25);
    }

    [Fact]
    public void Every_write_of_an_archive_may_fail_and_what_was_written_is_refused()
    {
        IDataView data = _context.Load(Models.Rows(2));
        using RetNetTransformer transformer = _context.Transforms.Text.RetNetEmbedding("Features", "Text", _folder).Fit(data);
        string[] expected = LoaderProgram.Values(transformer.Transform(data), "Features");
        int failing = 0;
        while (true)
        {
            using MemoryStream written = new();
            FailingStream stream = new(written, failing);
            Exception? exception = Record.Exception(() => _context.Model.Save(transformer, data.Schema, stream));
            if (!stream.HasFailed)
            {
                Assert.Null(exception);
                written.Position = 0;
                using IDisposable loaded = (IDisposable)_context.Model.Load(written, out _);
                Assert.Equal(expected, LoaderProgram.Values(((ITransformer)loaded).Transform(data), "Features"));
                break;
            }

            // Nothing reports a failure to write the archive's directory: Microsoft.ML's RepositoryWriter.Commit drops the exception.
            Assert.True(exception is null or IOException, $"{exception}");
            written.Position = 0;
            Assert.ThrowsAny<Exception>(() => _context.Model.Load(written, out _));
            Assert.Equal(expected, LoaderProgram.Values(transformer.Transform(data), "Features"));
            failing++;
        }

        Assert.InRange(failing, 10, 10_000);
    }
}
