using System.Security.Cryptography;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Models;

/// <summary>A saved state is whole and of the model that restores it, or it is refused with what was found and expected.</summary>
public sealed class SavedStateTests : IDisposable
{
    private readonly SyntheticModel _llama = SyntheticModel.Llama();

    public void Dispose() => _llama.Dispose();

    [Fact]
    public void Any_changed_bit_is_noticed()
    {
        using SequenceState state = _llama.Model.CreateState();
        SyntheticModel.Feed(state, SyntheticModel.Tokens(3));
        byte[] saved = SyntheticModel.Save(state);
        for (int at = 0; at < saved.Length; at++)
        {
            byte[] damaged = [.. saved];
            damaged[at] ^= (byte)(1 << (at % 8));
            InvalidDataException exception = Refused(damaged);
            Assert.Contains("saved state", exception.Message, StringComparison.Ordinal);
            Assert.Matches("expected|truncated|reads version", exception.Message);
        }

        byte[] lastValue = [.. saved];
        lastValue[^(SHA256.HashSizeInBytes + sizeof(int) + 1)] ^= 1;
        Assert.Contains("damaged: found the SHA-256", Refused(lastValue).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_of_an_earlier_version_is_refused_with_both_versions()
    {
        byte[] saved = [.. "RNST"u8, 2, 0, 0, 0, 5, .. "llama"u8];
        Assert.Contains("version 2; this library reads version 3", Refused(saved).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_behind_the_content_are_refused()
    {
        using SequenceState state = _llama.Model.CreateState();
        byte[] saved = SavedStates.Seal([.. SavedStates.Open(SyntheticModel.Save(state)), 1, 2, 3]);
        Assert.Contains("3 bytes behind its content", Refused(saved).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_goes_on_behind_the_state()
    {
        using SequenceState state = _llama.Model.CreateState();
        byte[] saved = SyntheticModel.Save(state);
        using MemoryStream stream = new([.. saved, 1, 2, 3]);
        _llama.Model.RestoreState(stream).Dispose();
        Assert.Equal(saved.Length, stream.Position);
    }

    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void A_state_of_a_model_of_the_same_shape_with_other_weights_is_refused_with_both_fingerprints(string name)
    {
        using TrainableModel first = SmallModels.Create(name), second = SmallModels.CreateTrained(name);
        using LanguageModel one = SmallModels.Reload(first), other = SmallModels.Reload(second);
        Assert.Equal(one.Info.StateShape, other.Info.StateShape);
        using SequenceState state = one.CreateState();
        string message = Assert.Throws<InvalidDataException>(
            () => other.RestoreState(new MemoryStream(SyntheticModel.Save(state)))).Message;
        Assert.Contains($"found '{one.Info.Fingerprint}'", message, StringComparison.Ordinal);
        Assert.Contains($"expected '{other.Info.Fingerprint}'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public void The_fingerprint_does_not_depend_on_how_weights_are_kept_and_stays_the_same(string name)
    {
        string path = Path.Combine(RepositoryFiles.Models, name);
        string[] fingerprints =
        [
            .. Enum.GetValues<WeightFormat>().Where(format => format != WeightFormat.Float16).Select(format =>
            {
                using LanguageModel model = LanguageModel.Load(path, new ModelLoadOptions { WeightFormat = format, Threads = 1 });
                return model.Info.Fingerprint;
            }),
        ];
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(fingerprints.Distinct()));
        Assert.Equal(
            name.StartsWith("retnet", StringComparison.Ordinal)
                ? "2e0f15133b31c5b16d7d91c572e00681"
                : "a9136e67ced0f8660b56efc15d570859", fingerprints[0]);
    }

    private InvalidDataException Refused(byte[] saved) =>
        Assert.Throws<InvalidDataException>(() => _llama.Model.RestoreState(new MemoryStream(saved)));
}
