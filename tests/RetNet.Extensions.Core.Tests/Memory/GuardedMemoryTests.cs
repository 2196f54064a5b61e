#if DEBUG
using System.Globalization;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Memory;

/// <summary>Models between guard pages: a kernel that touched a byte beyond its buffers would end the test run.</summary>
[Collection(nameof(MemoryTests))]
public sealed unsafe class GuardedMemoryTests : IDisposable
{
    private readonly bool _wasOn = GuardedMemory.IsOn;

    public GuardedMemoryTests() => GuardedMemory.IsOn = OperatingSystem.IsLinux();

    public static TheoryData<string, WeightFormat> Kinds
    {
        get
        {
            TheoryData<string, WeightFormat> kinds = [];
            foreach (WeightFormat format in (WeightFormat[])[WeightFormat.Float32, WeightFormat.BFloat16, WeightFormat.Int8,
                WeightFormat.Int4])
            {
                kinds.Add("fla", format);
                kinds.Add("torchscale", format);
                kinds.Add("llama", format);
                kinds.Add("mistral", format);
            }

            return kinds;
        }
    }

    public void Dispose() => GuardedMemory.IsOn = _wasOn;

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public void Pages_before_and_behind_a_buffer_cannot_be_accessed(int bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using NativeBuffer<byte> buffer = new(bytes);
        Assert.Equal(0, buffer.Span.IndexOfAnyExcept((byte)0) + 1);
        nint end = (nint)buffer.Pointer + bytes;
        Assert.Equal("---p", Protection(end));
        Assert.Equal("rw-p", Protection(end - 1));
        Assert.Equal("---p", Protection((nint)buffer.Pointer - Environment.SystemPageSize));
        buffer.ResizeParts(1, 2 * bytes);
        Assert.Equal("---p", Protection((nint)buffer.Pointer + (2 * bytes)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kernels_stay_inside_their_buffers(string family, WeightFormat format)
    {
        foreach ((int width, int feedForward) in (ReadOnlySpan<(int, int)>)[(32, 43), (64, 65)])
        {
            using SyntheticModel model = family switch
            {
                "fla" => SyntheticModel.Fla(width: width, feedForward: feedForward, format: format),
                "torchscale" => SyntheticModel.TorchScale(),
                "mistral" => SyntheticModel.Llama(slidingWindow: 9, width: width, feedForward: feedForward, format: format),
                _ => SyntheticModel.Llama(width: width, feedForward: feedForward, format: format),
            };
            foreach (StateFormat stateFormat in Enum.GetValues<StateFormat>())
            {
                foreach (IMultiStatePolicy policy in (IMultiStatePolicy[])[Full.Instance, new Window(7), new Sinks(3, 8), new H2O(9),
                    new Tova(11)])
                {
                    StateOptions options = new() { Format = stateFormat, Policy = policy };
                    using SequenceState state = model.Model.CreateState(options);
                    SyntheticModel.FeedPieces(state, SyntheticModel.Tokens(90), [1, 1, 2, 3, 5, 8, 13, 21]);
                    using SequenceState fork = state.Fork();
                    SyntheticModel.Feed(fork, SyntheticModel.Tokens(300));
                    using SequenceState restored = model.Model.RestoreState(new MemoryStream(SyntheticModel.Save(state)), options);
                    SyntheticModel.Feed(restored, [1]);
                }
            }
        }
    }

    /// <summary>The protection of the pages around an address, as the system lists it.</summary>
    private static string Protection(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] parts = line.Split(' ', '-');
            nint start = nint.Parse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            nint end = nint.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (address >= start && address < end)
                return line.Split(' ')[1];
        }

        return "none";
    }
}
#endif
