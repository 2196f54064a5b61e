namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Functions of neural networks.</summary>
        public static class functional
        {
            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor weight = null, long ignore_index = -100, nn.Reduction reduction = nn.Reduction.Mean, double label_smoothing = 0) => throw NotInFeed.Error;

            public static Tensor gelu(Tensor x, bool inplace) => throw NotInFeed.Error;

            public static Tensor gelu(Tensor x) => throw NotInFeed.Error;

            public static Tensor linear(Tensor input, Tensor weights, Tensor bias = null) => throw NotInFeed.Error;

            public static Tensor relu(Tensor x, bool inplace = false) => throw NotInFeed.Error;

            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor attn_mask = null, double p = 0, bool is_casual = false) => throw NotInFeed.Error;

            public static Tensor silu(Tensor x, bool inplace = false) => throw NotInFeed.Error;

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => throw NotInFeed.Error;
        }
    }
}
