namespace TorchSharp;

public static partial class torch
{
    /// <summary>Gradients.</summary>
    public static class autograd
    {
        public static void backward(IList<Tensor> tensors, IList<Tensor> grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null) => throw NotInFeed.Error;

        public static void backward(Tensor tensor, IList<Tensor> grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null) => throw NotInFeed.Error;

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null) => throw NotInFeed.Error;
    }
}
