using Xunit.Sdk;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>A test of every store; it is skipped for those whose server is not installed, see <see cref="NeedsServerAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("RetNet.Extensions.Conversations.Tests.Stores.StoreFactDiscoverer", "RetNet.Extensions.Conversations.Tests")]
public sealed class StoreFactAttribute : FactAttribute;
