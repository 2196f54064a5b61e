namespace TorchSharp;

/// <summary>The functions that the engine calls.</summary>
public static partial class torch
{
    public static readonly ScalarType @bool = ScalarType.Bool;
    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;
    public static readonly ScalarType float16 = ScalarType.Float16;
    public static readonly ScalarType float32 = ScalarType.Float32;
    public static readonly ScalarType float64 = ScalarType.Float64;
    public static readonly ScalarType int64 = ScalarType.Int64;

    public static Device CPU => throw NotInFeed.Error;

    public static string __version__ => throw NotInFeed.Error;

    public static DisposeScope NewDisposeScope() => throw NotInFeed.Error;

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor bmm(Tensor input, Tensor batch2) => throw NotInFeed.Error;

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => throw NotInFeed.Error;

    public static Tensor cat(Tensor[] tensors, long dim = 0) => throw NotInFeed.Error;

    public static Tensor empty(long[] size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor empty(long size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor empty(long rows, long columns, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor empty(int size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static IDisposable enable_grad(bool enabled = true) => throw NotInFeed.Error;

    public static Tensor exp(Tensor input) => throw NotInFeed.Error;

    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static int get_num_threads() => throw NotInFeed.Error;

    public static Tensor maximum(Tensor input, Tensor other) => throw NotInFeed.Error;

    public static Tensor minimum(Tensor input, Tensor other) => throw NotInFeed.Error;

    public static bool mps_is_available() => throw NotInFeed.Error;

    public static IDisposable no_grad() => throw NotInFeed.Error;

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor ones(long size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor ones(long rows, long columns, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor ones(int size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor rsqrt(Tensor input) => throw NotInFeed.Error;

    public static void set_num_threads(int num) => throw NotInFeed.Error;

    public static (Tensor values, Tensor indices) sort(Tensor input, long dim = -1, bool descending = false, bool stable = false) => throw NotInFeed.Error;

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => throw NotInFeed.Error;

    public static Tensor tensor(bool scalar, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(bool[] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(bool[,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(bool[,,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(double scalar, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(double real, double imaginary, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(double[,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(double[,,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(float scalar, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(float real, float imaginary, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(float[,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(float[,,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(int scalar, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(int[] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(int[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(int[] rawArray, long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(int[,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(int[,,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(long scalar, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

    public static Tensor tensor(long[] dataArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(long[,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor tensor(long[,,] rawArray, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => throw NotInFeed.Error;

    public static Tensor[] where(Tensor condition) => throw NotInFeed.Error;

    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor zeros(long size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor zeros(long rows, long columns, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor zeros(int size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null) => throw NotInFeed.Error;
}
