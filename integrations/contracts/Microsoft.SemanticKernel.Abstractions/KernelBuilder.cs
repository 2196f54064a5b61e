using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <param name="services">The container's services.</param>
/// <param name="allowBuild">False when the container makes the kernels (AddKernel).</param>
internal sealed class KernelBuilder(IServiceCollection services, bool allowBuild) : IKernelBuilder, IKernelBuilderPlugins
{
    public IServiceCollection Services => services;

    public IKernelBuilderPlugins Plugins => this;

    public bool AllowBuild => allowBuild;
}
