#if DEBUG
using System.Globalization;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tests.Models;

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
        buffer.Resize(2 * bytes);
        Assert.Equal("---p", Protection((nint)buffer.Pointer + (2 * bytes)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kernels_stay_inside_their_buffers(string family, WeightFormat format)
    {
        foreach ((int width, int feedForward) in (ReadOnlySpan<(int, int)>)[(32, 43), (64, 65)])
        {
            using SyntheticModel model = Create(family, format, width, feedForward);
            foreach (StateFormat stateFormat in StateFormats.Of(family))
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

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_caller_s_memory_is_written_to_its_last_value_and_no_further(string family, WeightFormat format)
    {
        using SyntheticModel model = Create(family, format, width: 32, feedForward: 43);
        foreach (ForwardOutput output in Enum.GetValues<ForwardOutput>())
        {
            foreach (int count in (ReadOnlySpan<int>)[1, 2, 5, 80])
            {
                int[] tokens = SyntheticModel.Tokens(count);
                using SequenceState state = model.Model.CreateState(), same = model.Model.CreateState();
                float[] expected = SyntheticModel.Feed(state, tokens, output);
                using NativeBuffer<float> result = new(expected.Length);
                SyntheticModel.Feed(same, tokens, output, result.Span);
                Assert.Equal(expected, result.Span.ToArray());
            }
        }
    }

    [Fact]
    public void Stored_values_are_converted_inside_their_memory()
    {
        for (int length = 1; length < 80; length++)
        {
            foreach (StateFormat format in Enum.GetValues<StateFormat>())
            {
                using NativeBuffer<float> values = new(length);
                using NativeBuffer<byte> stored = new(format.RowBytes(length));
                values.Span.Fill(1.5f);
                format.Write(values.Span, stored.Span);
                values.Span.Clear();
                format.Read(stored.Span, values.Span);
                float tolerance = format == StateFormat.Int8 ? 0.006f : 0;
                Assert.All(values.Span.ToArray(), value => Assert.InRange(value, 1.5f - tolerance, 1.5f + tolerance));
            }
        }
    }

    [Theory]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q4_0)]
    [InlineData(TensorType.Q4_1)]
    [InlineData(TensorType.Q5_0)]
    [InlineData(TensorType.Q5_1)]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q5_K)]
    [InlineData(TensorType.Q6_K)]
    public void Blocks_are_widened_inside_their_memory(TensorType type)
    {
        foreach (int blocks in (ReadOnlySpan<int>)[1, 2, 3])
        {
            using NativeBuffer<byte> stored = new(blocks * BlockFormat.Bytes(type));
            using NativeBuffer<float> values = new(blocks * BlockFormat.Elements(type));
            BlockFormat.Dequantize(type, stored.Span, values.Span);
            Assert.Equal(-1, values.Span.IndexOfAnyExcept(0));
        }
    }

    private static SyntheticModel Create(string family, WeightFormat format, int width, int feedForward) => family switch
    {
        "fla" => SyntheticModel.Fla(width: width, feedForward: feedForward, format: format),
        "torchscale" => SyntheticModel.TorchScale(),
        "mistral" => SyntheticModel.Llama(slidingWindow: 9, width: width, feedForward: feedForward, format: format),
        _ => SyntheticModel.Llama(width: width, feedForward: feedForward, format: format),
    };

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
