// libtorch uses all threads by itself, and its counters of tensors are those of the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
