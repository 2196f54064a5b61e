using Mono.Cecil;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Tests.Kernels;

/// <summary>Wrong shapes and types end in an exception, never in native code.</summary>
public sealed class TorchMathTests
{
    [Fact]
    public void A_linear_layer_refuses_another_width_or_type()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor weight = torch.zeros(3, 4);
        Assert.Equal([2, 3], TorchMath.Linear(torch.zeros(2, 4), weight).shape);
        ArgumentException width = Assert.Throws<ArgumentException>(() => TorchMath.Linear(torch.zeros(2, 5), weight));
        Assert.Contains("4 inputs", width.Message, StringComparison.Ordinal);
        Assert.Contains("gets 5", width.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TorchMath.Linear(torch.zeros(2, 4, dtype: torch.bfloat16), weight));
    }

    [Fact]
    public void A_linear_layer_refuses_a_bias_of_another_length_or_type()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor weight = torch.zeros(3, 4, dtype: torch.bfloat16), x = torch.zeros(2, 4, dtype: torch.bfloat16);
        Assert.Equal([2, 3], TorchMath.Linear(x, weight, torch.zeros(3, dtype: torch.bfloat16)).shape);
        Assert.Throws<ArgumentException>(() => TorchMath.Linear(x, weight, torch.zeros(4, dtype: torch.bfloat16)));
        ArgumentException type = Assert.Throws<ArgumentException>(() => TorchMath.Linear(x, weight, torch.zeros(3)));
        Assert.Contains("Float32", type.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Products_and_attention_refuse_other_shapes_and_every_pair_of_types()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        torch.ScalarType[] types = [torch.float32, torch.bfloat16, torch.float16, torch.float64];
        foreach (torch.ScalarType a in types)
        {
            foreach (torch.ScalarType b in types.Where(b => b != a))
            {
                Tensor left = torch.zeros(2, 3, 4, dtype: a), right = torch.zeros(2, 4, 5, dtype: b);
                string message = Assert.Throws<ArgumentException>(() => TorchMath.Product(left, right)).Message;
                Assert.Contains($"[2 × 3 × 4] in {a}", message, StringComparison.Ordinal);
                Assert.Contains($"[2 × 4 × 5] in {b}", message, StringComparison.Ordinal);
                Tensor q = torch.zeros(1, 2, 3, 4, dtype: a), k = torch.zeros(1, 2, 3, 4, dtype: b);
                Assert.Throws<ArgumentException>(() => TorchMath.Attention(q, k, q));
                Assert.Throws<ArgumentException>(() => TorchMath.Attention(q, q, k));
                Assert.Throws<ArgumentException>(() => TorchMath.Attention(q, q, q, torch.zeros(3, 3, dtype: b)));
                Assert.Throws<ArgumentException>(() => TorchMath.Linear(left, torch.zeros(5, 4, dtype: b)));
            }
        }

        Tensor matrix = torch.zeros(2, 3, 4);
        Assert.Equal([2, 3, 5], TorchMath.Product(matrix, torch.zeros(2, 4, 5)).shape);
        Assert.Throws<ArgumentException>(() => TorchMath.Product(matrix, torch.zeros(2, 3, 5)));
        Assert.Throws<ArgumentException>(() => TorchMath.Product(matrix, torch.zeros(1, 4, 5)));
        Assert.Throws<ArgumentException>(() => TorchMath.Product(matrix, torch.zeros(4, 5)));
    }

    /// <summary>libtorch ends the process where it multiplies bfloat16 by float32: every product must go through the checks
    /// above.</summary>
    [Fact]
    public void Nothing_else_calls_a_product_of_libtorch()
    {
        string[] products =
        [
            "matmul", "mm", "bmm", "mv", "dot", "vdot", "inner", "outer", "ger", "kron", "linear", "bilinear", "einsum", "tensordot",
            "addmm", "addbmm", "baddbmm", "addmv", "addr", "chain_matmul", "multi_dot", "scaled_dot_product_attention", "Linear",
            "Bilinear", "MultiheadAttention", "conv1d", "conv2d", "conv3d", "cdist", "cov", "corrcoef",
        ];
        using ModuleDefinition module = ModuleDefinition.ReadModule(typeof(TorchMath).Assembly.Location);
        HashSet<string?> callers = [], called = [];
        foreach (TypeDefinition type in module.GetTypes())
        {
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody))
            {
                foreach (MethodReference callee in method.Body.Instructions.Select(one => one.Operand).OfType<MethodReference>())
                {
                    bool isLibtorch = callee.DeclaringType.Scope.Name == "TorchSharp";
                    if (!isLibtorch || !products.Contains(callee.Name.TrimEnd('_'), StringComparer.Ordinal))
                        continue;
                    callers.Add(type.FullName);
                    called.Add(callee.Name);
                }
            }
        }

        Assert.Equal([typeof(TorchMath).FullName], callers);
        Assert.Equal(["bmm", "linear", "scaled_dot_product_attention"], called.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Retention_refuses_tokens_that_are_no_whole_chunks()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        ChunkDecays decays = new([-0.1f], chunks: 2, length: 3, torch.CPU);
        Tensor six = torch.zeros(1, 1, 6, 2), five = torch.zeros(1, 1, 5, 2);
        Assert.Equal(
            [1, 1, 6, 2], ChunkwiseRetention.Compute(six, six, six, null, decays, Core.Models.RetNet.RetentionScaling.None).Output.shape);
        Assert.Throws<ArgumentException>(() => ChunkwiseRetention.Compute(six, five, six, null, decays,
            Core.Models.RetNet.RetentionScaling.None));
    }
}
