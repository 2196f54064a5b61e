using Orleans.Placement;

namespace RetNet.Extensions.Orleans.Placement;

/// <summary>Places a conversation on the silo that has the most room for it.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("RetNet.ConversationPlacement")]
internal sealed class ConversationPlacement : PlacementStrategy;

/// <inheritdoc cref="ConversationPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ConversationPlacementAttribute() : PlacementAttribute(new ConversationPlacement());
