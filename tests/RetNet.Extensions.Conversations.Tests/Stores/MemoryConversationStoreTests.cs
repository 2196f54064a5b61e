namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class MemoryConversationStoreTests(MemoryFixture fixture) : ConversationStoreTests(fixture), IClassFixture<MemoryFixture>;
