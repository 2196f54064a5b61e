using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>What follows <see cref="AttentionJob"/> for sequences with one new token: the segments' results become one. An index is a query head of a sequence.</summary>
internal readonly unsafe struct AttentionMergeJob(AttentionJob job) : IRangeJob
{
    private readonly AttentionJob _job = job;

    public void Run(int from, int to)
    {
        for (int index = from; index < to; index++)
        {
            AttentionSlice slice = _job.Slices[index / _job.Heads];
            if (slice.Rows > 1)
                continue;
            if (VectorWidth.Is512)
                Merge<FloatVector512>(slice, index % _job.Heads);
            else if (VectorWidth.Is256)
                Merge<FloatVector256>(slice, index % _job.Heads);
            else
                Merge<FloatVector128>(slice, index % _job.Heads);
        }
    }

    internal void Merge<TVector>(in AttentionSlice slice, int head)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int width = _job.HeadWidth;
        float* output = _job.Output + ((((long)slice.FirstRow * _job.Heads) + head) * width);
        new Span<float>(output, width).Clear();
        float largest = float.MinValue, sum = 0;
        for (int segment = 0; segment < AttentionJob.SegmentsOf(slice.Count); segment++)
        {
            float* part = slice.Segments + ((((long)segment * _job.Heads) + head) * (width + 2));
            AttentionKernel<TVector, StoredFloat32>.Merge(output, ref largest, ref sum, part, part[width], part[width + 1], width);
        }

        AttentionKernel<TVector, StoredFloat32>.Scale(output, width, 1 / sum);
        float* scores = (slice.LastQuery is not null ? slice.LastQuery : slice.Sums) + ((long)head * slice.Count);
        if (slice.LastQuery is null && slice.Sums is null)
            return;
        AttentionKernel<TVector, StoredFloat32>.Weights(scores, slice.Count, largest, sum);
        if (slice.LastQuery is not null && slice.Sums is not null)
            new Span<float>(scores, slice.Count).CopyTo(new Span<float>(slice.Sums + ((long)head * slice.Count), slice.Count));
    }
}
