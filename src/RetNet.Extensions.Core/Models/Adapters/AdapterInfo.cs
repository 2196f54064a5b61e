namespace RetNet.Extensions.Core.Models.Adapters;

/// <summary>An adapter that a model holds beside its weights.</summary>
/// <param name="Name">The name by which sequences ask for it, see <see cref="StateOptions.Adapter"/>.</param>
/// <param name="Fingerprint">Names what it adds: a hash of all its numbers. States of a sequence with the adapter are restored only with
/// the same one.</param>
public sealed record AdapterInfo(string Name, string Fingerprint);
