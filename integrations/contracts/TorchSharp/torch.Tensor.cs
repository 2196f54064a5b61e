namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor.</summary>
    public class Tensor : IDisposable
    {
        public static long TotalCount => throw NotInFeed.Error;

        public long NumberOfElements => throw NotInFeed.Error;

        public Span<byte> bytes { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public ScalarType dtype => throw NotInFeed.Error;

        public Device device => throw NotInFeed.Error;

        public bool requires_grad { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public long[] shape => throw NotInFeed.Error;

        public Tensor grad { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[params Tensor[] indices] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[long i1] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[long i1, long i2] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[long i1, long i2, long i3] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[long i1, long i2, long i3, long i4] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[long i1, long i2, long i3, long i4, long i5] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public Tensor this[params long[] indices] { get => throw NotInFeed.Error; set => throw NotInFeed.Error; }

        public static Tensor operator +(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator +(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator +(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator +(Tensor left, int right) => throw NotInFeed.Error;

        public static Tensor operator +(Tensor left, long right) => throw NotInFeed.Error;

        public static Tensor operator +(Tensor left, float right) => throw NotInFeed.Error;

        public static Tensor operator +(Tensor left, double right) => throw NotInFeed.Error;

        public static Tensor operator +(int left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator +(long left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator +(float left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator +(double left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator /(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator /(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator /(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator /(Tensor left, int right) => throw NotInFeed.Error;

        public static Tensor operator /(Tensor left, long right) => throw NotInFeed.Error;

        public static Tensor operator /(Tensor left, float right) => throw NotInFeed.Error;

        public static Tensor operator /(Tensor left, double right) => throw NotInFeed.Error;

        public static Tensor operator /(int left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator /(long left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator /(float left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator /(double left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator ==(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator ==(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator ==(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static explicit operator float(Tensor value) => throw NotInFeed.Error;

        public static explicit operator double(Tensor value) => throw NotInFeed.Error;

        public static explicit operator int(Tensor value) => throw NotInFeed.Error;

        public static explicit operator long(Tensor value) => throw NotInFeed.Error;

        public static explicit operator bool(Tensor value) => throw NotInFeed.Error;

        public static Tensor operator >(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator >(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator >(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator >=(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator >=(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator >=(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator !=(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator !=(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator !=(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator <(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator <(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator <(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator <=(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator <=(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator <=(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator *(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator *(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator *(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator *(Tensor left, int right) => throw NotInFeed.Error;

        public static Tensor operator *(Tensor left, long right) => throw NotInFeed.Error;

        public static Tensor operator *(Tensor left, float right) => throw NotInFeed.Error;

        public static Tensor operator *(Tensor left, double right) => throw NotInFeed.Error;

        public static Tensor operator *(int left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator *(long left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator *(float left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator *(double left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor left, Scalar right) => throw NotInFeed.Error;

        public static Tensor operator -(Scalar left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor left, int right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor left, long right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor left, float right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor left, double right) => throw NotInFeed.Error;

        public static Tensor operator -(int left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(long left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(float left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(double left, Tensor right) => throw NotInFeed.Error;

        public static Tensor operator -(Tensor tensor) => throw NotInFeed.Error;

        public void Dispose() => throw NotInFeed.Error;

        public Tensor DetachFromDisposeScope() => throw NotInFeed.Error;

        public Tensor MoveToOuterDisposeScope() => throw NotInFeed.Error;

        public Tensor abs() => throw NotInFeed.Error;

        public Tensor add_(Tensor target) => throw NotInFeed.Error;

        public Tensor add_(Tensor target, Scalar alpha) => throw NotInFeed.Error;

        public Tensor add_(Scalar scalar) => throw NotInFeed.Error;

        public Tensor add_(Scalar scalar, Scalar alpha) => throw NotInFeed.Error;

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => throw NotInFeed.Error;

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => throw NotInFeed.Error;

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => throw NotInFeed.Error;

        public Tensor amax(long[] dims, bool keepdim = false, Tensor @out = null) => throw NotInFeed.Error;

        public Tensor amax(params long[] dims) => throw NotInFeed.Error;

        public Tensor amin(long[] dims, bool keepdim = false, Tensor @out = null) => throw NotInFeed.Error;

        public Tensor amin(params long[] dims) => throw NotInFeed.Error;

        public Tensor argmax() => throw NotInFeed.Error;

        public Tensor argmax(long dim, bool keepdim = false) => throw NotInFeed.Error;

        public void backward(IList<Tensor> grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor> inputs = null) => throw NotInFeed.Error;

        public void backward() => throw NotInFeed.Error;

        public Tensor bfloat16() => throw NotInFeed.Error;

        public Tensor bitwise_and(Tensor other) => throw NotInFeed.Error;

        public Tensor bitwise_and_(Tensor other) => throw NotInFeed.Error;

        public Tensor bitwise_right_shift(Tensor other) => throw NotInFeed.Error;

        public Tensor bitwise_xor_(Tensor other) => throw NotInFeed.Error;

        public Tensor bmm(Tensor batch2) => throw NotInFeed.Error;

        public Tensor[] chunk(long chunks, long dim = 0) => throw NotInFeed.Error;

        public Tensor clamp(Scalar min = null, Scalar max = null) => throw NotInFeed.Error;

        public Tensor clamp(Tensor min = null, Tensor max = null) => throw NotInFeed.Error;

        public Tensor contiguous() => throw NotInFeed.Error;

        public Tensor copy_(Tensor source, bool nonBlocking = false) => throw NotInFeed.Error;

        public Tensor cos() => throw NotInFeed.Error;

        public Tensor cpu() => throw NotInFeed.Error;

        public Tensor cuda(Device device = null, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor cumsum(long dim, ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor detach() => throw NotInFeed.Error;

        public long element_size() => throw NotInFeed.Error;

        public Tensor empty(params long[] sizes) => throw NotInFeed.Error;

        public Tensor exp() => throw NotInFeed.Error;

        public Tensor expand(long[] sizes, bool isImplicit = false) => throw NotInFeed.Error;

        public Tensor expand(params long[] sizes) => throw NotInFeed.Error;

        public Tensor expm1() => throw NotInFeed.Error;

        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;

        public Tensor gather(long dim, Tensor index) => throw NotInFeed.Error;

        public Tensor gelu() => throw NotInFeed.Error;

        public Tensor gt(Tensor target) => throw NotInFeed.Error;

        public Tensor gt(Scalar target) => throw NotInFeed.Error;

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => throw NotInFeed.Error;

        public Tensor index_copy_(long dim, Tensor index, Tensor source) => throw NotInFeed.Error;

        public Tensor index_select(long dim, Tensor index) => throw NotInFeed.Error;

        public Tensor isfinite() => throw NotInFeed.Error;

        public T item<T>() where T : unmanaged => throw NotInFeed.Error;

        public Tensor le(Tensor target) => throw NotInFeed.Error;

        public Tensor le(Scalar target) => throw NotInFeed.Error;

        public Tensor logical_and(Tensor other) => throw NotInFeed.Error;

        public Tensor logical_not() => throw NotInFeed.Error;

        public Tensor logical_or(Tensor other) => throw NotInFeed.Error;

        public Tensor masked_fill(Tensor mask, Scalar value) => throw NotInFeed.Error;

        public Tensor masked_fill_(Tensor mask, Scalar value) => throw NotInFeed.Error;

        public Tensor max() => throw NotInFeed.Error;

        public Tensor max(Tensor other) => throw NotInFeed.Error;

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => throw NotInFeed.Error;

        public Tensor maximum(Tensor other) => throw NotInFeed.Error;

        public Tensor mean() => throw NotInFeed.Error;

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor mul_(Tensor target) => throw NotInFeed.Error;

        public Tensor mul_(Scalar target) => throw NotInFeed.Error;

        public Tensor narrow(long dim, long start, long length) => throw NotInFeed.Error;

        public Tensor norm(float p = 2) => throw NotInFeed.Error;

        public Tensor norm(int dim, bool keepdim = false, float p = 2) => throw NotInFeed.Error;

        public Tensor ones(params long[] sizes) => throw NotInFeed.Error;

        public Tensor relu() => throw NotInFeed.Error;

        public Tensor repeat(params long[] sizes) => throw NotInFeed.Error;

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) => throw NotInFeed.Error;

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) => throw NotInFeed.Error;

        public Tensor reshape(params long[] shape) => throw NotInFeed.Error;

        public Tensor rsqrt() => throw NotInFeed.Error;

        public Tensor scatter_(long dim, Tensor index, Tensor src) => throw NotInFeed.Error;

        public Tensor select(long dim, long index) => throw NotInFeed.Error;

        public Tensor silu() => throw NotInFeed.Error;

        public Tensor sin() => throw NotInFeed.Error;

        public long size(int dim) => throw NotInFeed.Error;

        public long[] size() => throw NotInFeed.Error;

        public Tensor softmax(long dim, ScalarType? dtype = null) => throw NotInFeed.Error;

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => throw NotInFeed.Error;

        public Tensor[] split(long size, int dim = 0) => throw NotInFeed.Error;

        public Tensor[] split(long[] sizes, long dim = 0) => throw NotInFeed.Error;

        public Tensor[] split(params long[] sizes) => throw NotInFeed.Error;

        public Tensor sqrt() => throw NotInFeed.Error;

        public Tensor square() => throw NotInFeed.Error;

        public Tensor squeeze(long? dim = null) => throw NotInFeed.Error;

        public Tensor sum(ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => throw NotInFeed.Error;

        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor to(Tensor other, bool non_blocking = false) => throw NotInFeed.Error;

        public Tensor transpose(long dim0, long dim1) => throw NotInFeed.Error;

        public Tensor type(ScalarType dtype) => throw NotInFeed.Error;

        public Tensor unsqueeze(long dim) => throw NotInFeed.Error;

        public Tensor where(Tensor condition, Tensor y) => throw NotInFeed.Error;

        public Tensor zero_() => throw NotInFeed.Error;

        public Tensor zeros(params long[] sizes) => throw NotInFeed.Error;

        public Tensor zeros_like(ScalarType? dtype = null, Device device = null, bool requires_grad = false) => throw NotInFeed.Error;
    }
}
