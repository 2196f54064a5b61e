using System.ComponentModel;
using RetNet.Extensions.Servers;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>Finds the tests of <see cref="StoreFactAttribute"/>.</summary>
/// <param name="messages">Where xunit reports.</param>
public sealed class StoreFactDiscoverer(IMessageSink messages) : FactDiscoverer(messages)
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) => new StoreTestCase(
            DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod);

    /// <summary>A test whose reason to be skipped is that of the class that runs it.</summary>
    public sealed class StoreTestCase : XunitTestCase
    {
        /// <summary>For xunit, which then deserialises.</summary>
        [EditorBrowsable(EditorBrowsableState.Never)]
        [Obsolete("For xunit alone.")]
        public StoreTestCase()
        {
        }

        internal StoreTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
            : base(messages, display, options, method)
        {
        }

        /// <inheritdoc/>
        protected override string? GetSkipReason(IAttributeInfo factAttribute) => TestMethod.TestClass.Class
            .GetCustomAttributes(typeof(NeedsServerAttribute))
            .Select(needs => InstalledServer.WhyMissing((string)needs.GetConstructorArguments().Single())).FirstOrDefault();
    }
}
