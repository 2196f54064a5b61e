using System.Text;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>Writes and reads <see cref="StoredConversation.State"/>: the mark <c>RNCM</c>, a version (int32), the name of the model, the
/// fingerprints of its weights and of its tokenizer and chat template, and what <see cref="BatchScheduler.SaveKept"/> writes.</summary>
/// <param name="options">What is kept, and what happens to other models' states.</param>
internal sealed class ModelMemory(RetNetChatClientOptions options)
{
    private const uint Mark = 0x4D434E52; // "RNCM"
    private const int Version = 1;

    private readonly long _maxBytes = options.MaxConversationStateBytes;
    private readonly bool _rereads = options.RereadForeignConversations;

    /// <summary>Restores a state for a turn. Where that is impossible, the history is read again, or the turn is refused.</summary>
    /// <returns>Whether the turn has a state now.</returns>
    /// <exception cref="InvalidOperationException">It is another model's.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or of another version.</exception>
    public bool Restore(ReadOnlyMemory<byte> state, LoadedModel model, string name, TurnState turn)
    {
        if (state.Length > _maxBytes)
            return false;
        using MemoryStream stream = new(state.ToArray());
        try
        {
            ReadHead(stream, model, name);
            return model.TextModel.Scheduler.RestoreKept(turn, stream);
        }
        catch (Exception exception) when (
            (_rereads || turn.RereadsForeignState) && exception is InvalidOperationException or InvalidDataException)
        {
            // Nothing is lost: the turn has its whole history, too.
            return false;
        }
    }

    /// <summary>The state that a turn kept and the next one can go on from; empty if there is none, or none that is small enough.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">Its name.</param>
    /// <param name="owner">For whom the states of the turn are kept.</param>
    /// <param name="chat">Its last request.</param>
    /// <param name="instructions">The instructions of that.</param>
    /// <param name="answer">The answer.</param>
    public ReadOnlyMemory<byte> Save(
        LoadedModel model, string name, object owner, ChatPrompt chat, string? instructions, ChatTemplateMessage answer)
    {
        if (_maxBytes == 0)
            return default;
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Mark);
            writer.Write(Version);
            writer.Write(name);
            writer.Write(model.TextModel.Model.Info.Fingerprint);
            writer.Write(model.Chat.Fingerprint);
        }

        bool isKept = model.TextModel.Scheduler.SaveKept(
            owner, NextPrompt(model.Chat, chat, instructions, answer), chat.Options.State, stream, _maxBytes);
        return isKept && stream.Length <= _maxBytes ? stream.GetBuffer().AsMemory(0, checked((int)stream.Length)) : default;
    }

    /// <summary>The prompt of the next turn, whatever it asks.</summary>
    private static int[] NextPrompt(ChatEncoder encoder, ChatPrompt chat, string? instructions, ChatTemplateMessage answer)
    {
        const string anything = "\u00b7";
        ChatTemplateMessage next = answer.ToolCalls is { Count: > 0 } calls
            ? new ChatTemplateMessage("tool", anything) { ToolCallId = calls[0].GetProperty("id").GetString() }
            : new ChatTemplateMessage("user", anything);
        try
        {
            return encoder.Encode(TemplateMessages.WithInstructions(instructions, [.. chat.History, answer, next]),
                tools: chat.Tools.Count > 0 ? chat.Tools : null, variables: chat.Variables);
        }
        catch (Exception exception) when (exception is ChatTemplateException or TokenizerException)
        {
            // A template that allows no such message, or a vocabulary without such a character: what was read so far is the beginning of
            // what may come.
            return [.. chat.Tokens, 0];
        }
    }

    private static void ReadHead(Stream stream, LoadedModel model, string name)
    {
        using BinaryReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            uint mark = reader.ReadUInt32();
            int version = reader.ReadInt32();
            if (mark != Mark || version != Version)
            {
                throw new InvalidDataException($"The state of the conversation begins with 0x{mark:X8} and version {version}; expected "
                    + $"0x{Mark:X8} and version {Version}.");
            }

            (string keptBy, string weights, string chat) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
            ModelInfo info = model.TextModel.Model.Info;
            if (weights == info.Fingerprint && chat == model.Chat.Fingerprint)
                return;
            throw new InvalidOperationException($"The state of the conversation is of model '{keptBy}' (weights {weights}, tokenizer and "
                + $"chat template {chat}); this client has model '{name}' (weights {info.Fingerprint}, tokenizer and chat template "
                + $"{model.Chat.Fingerprint}). Continue it with the former, or set {nameof(RetNetChatClientOptions)}."
                + $"{nameof(RetNetChatClientOptions.RereadForeignConversations)}, so that its messages are read again.");
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException("The state of the conversation is truncated.", exception);
        }
    }
}
