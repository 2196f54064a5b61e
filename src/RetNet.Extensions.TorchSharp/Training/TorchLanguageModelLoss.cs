using System.Runtime.InteropServices;
using RetNet.Extensions.TorchSharp.Kernels;
using static TorchSharp.torch.nn;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>The language-model head with its loss, logits = W_lm h and the mean cross-entropy, for some rows at a time: logits of a whole
/// batch could take more memory than all else.</summary>
internal static class TorchLanguageModelLoss
{
    // 32 MiB of logits in float32.
    private const int LogitsPerBlock = 1 << 23;

    // The gradient of W_lm is written once for each block, which costs a GPU more than the products of fewer rows than these. Where d is
    // smaller, as many rows as d: their logits take the memory of that gradient.
    private const int LeastRowsOnGpu = 1024;

    private const int NoTarget = -1;

    /// <summary>The mean loss over the targets that are not −1, and its gradient; that of W_lm is added to W_lm's.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="hidden">The normalised hidden states, <c>[rows × d]</c>.</param>
    /// <param name="head">W_lm, <c>[vocabulary × d]</c>.</param>
    /// <param name="targets">The next token of each row, or −1.</param>
    /// <param name="weight">Factor of the loss in the gradients.</param>
    /// <param name="bound">Changes the logits as the model does.</param>
    /// <returns>The summed loss of each block of rows, for <see cref="Mean"/>, and the gradient of the hidden states, <c>[rows ×
    /// d]</c>.</returns>
    public static (Tensor Losses, Tensor Gradient) WithGradient(
        TorchTrainingPass pass, Tensor hidden, Tensor head, ReadOnlySpan<int> targets, float weight,
        Func<Tensor, Tensor> bound)
    {
        int counted = targets.Length - targets.Count(NoTarget);
        float scale = counted == 0 ? 0 : weight / counted;
        List<Tensor> losses = [], gradients = [];
        Tensor weights = head.detach().to(pass.Type);
        foreach ((Tensor rows, Tensor rowTargets) in Blocks(pass, hidden.detach(), head, targets, writesGradient: true))
        {
            pass.CancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = torch.NewDisposeScope();
            rows.requires_grad = true;
            Tensor leaf = weights.detach();
            leaf.requires_grad = true;
            Tensor loss = CrossEntropy(pass, rows, leaf, rowTargets, bound);
            (loss * scale).backward();

            // The sum over the blocks is float32 also where the products are not.
            using (torch.no_grad())
                head.grad!.add_(leaf.grad!);
            losses.Add(loss.detach().MoveToOuterDisposeScope());
            gradients.Add(rows.grad!.MoveToOuterDisposeScope());
        }

        return (torch.stack(losses), torch.cat(gradients, 0));
    }

    /// <summary>The summed loss of each block of rows, for <see cref="Mean"/>.</summary>
    /// <inheritdoc cref="WithGradient"/>
    public static Tensor Compute(
        TorchTrainingPass pass, Tensor hidden, Tensor head, ReadOnlySpan<int> targets, Func<Tensor, Tensor> bound)
    {
        List<Tensor> losses = [];
        Tensor weights = head.to(pass.Type);
        foreach ((Tensor rows, Tensor rowTargets) in Blocks(pass, hidden, head, targets, writesGradient: false))
        {
            pass.CancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = torch.NewDisposeScope();
            losses.Add(CrossEntropy(pass, rows, weights, rowTargets, bound).MoveToOuterDisposeScope());
        }

        return torch.stack(losses);
    }

    /// <summary>The mean loss in nats over the targets that are not −1; 0 where there is none. One copy to the host, which waits for the
    /// device.</summary>
    /// <param name="losses">The summed losses of blocks.</param>
    /// <param name="targets">The next token of each row, or −1.</param>
    public static double Mean(Tensor losses, ReadOnlySpan<int> targets)
    {
        int counted = targets.Length - targets.Count(NoTarget);
        if (counted == 0)
            return 0;
        double sum = 0;
        foreach (float loss in MemoryMarshal.Cast<byte, float>(losses.cpu().bytes))
            sum += loss;
        return sum / counted;
    }

    /// <summary>How many rows have their logits computed at a time.</summary>
    /// <param name="vocabulary">Rows of W_lm.</param>
    /// <param name="width">d.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="writesOnGpu">Whether a GPU writes the gradient of W_lm.</param>
    internal static long RowsPerBlock(long vocabulary, long width, int rows, bool writesOnGpu) =>
        Math.Min(Math.Max(LogitsPerBlock / vocabulary, writesOnGpu ? Math.Min(LeastRowsOnGpu, width) : 1), rows);

    private static List<(Tensor Rows, Tensor Targets)> Blocks(
        TorchTrainingPass pass, Tensor hidden, Tensor head, ReadOnlySpan<int> targets, bool writesGradient)
    {
        Tensor all = torch.tensor(targets.ToArray(), torch.int64, pass.Tokens.device);
        long count = RowsPerBlock(
            head.size(0), head.size(1), targets.Length, writesGradient && head.device.type != DeviceType.CPU);
        List<(Tensor, Tensor)> blocks = [];
        for (long first = 0; first < targets.Length; first += count)
        {
            long length = Math.Min(count, targets.Length - first);
            blocks.Add((hidden.narrow(0, first, length), all.narrow(0, first, length)));
        }

        return blocks;
    }

    /// <summary>The summed loss of some rows.</summary>
    private static Tensor CrossEntropy(
        TorchTrainingPass pass, Tensor rows, Tensor head, Tensor targets, Func<Tensor, Tensor> bound)
    {
        Tensor logits = bound(TorchMath.Linear(rows.to(pass.Type), head).to(torch.float32));
        return functional.cross_entropy(logits, targets, ignore_index: NoTarget, reduction: Reduction.Sum);
    }
}
