namespace RetNet.Extensions.Conversations.Tests;

internal static class ConversationProgram
{
    public static void Main()
    {
    }
}
