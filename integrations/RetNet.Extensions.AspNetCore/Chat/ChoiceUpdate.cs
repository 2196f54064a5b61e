using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>An update of one of several answers.</summary>
/// <param name="Choice">The number of the answer, from 0 on.</param>
/// <param name="Update">The update.</param>
internal readonly record struct ChoiceUpdate(int Choice, ChatResponseUpdate Update);
