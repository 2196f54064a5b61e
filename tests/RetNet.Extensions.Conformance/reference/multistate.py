"""Transformers as multi-state RNNs: policies over the attention weights that transformers' own eager attention returns."""

import sys

import torch
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask


class MultiState:
    """The rows of every layer, and the policy that cuts them after each call."""

    current = None

    def __init__(self, model, policy, k):
        self._model, self._policy, self._k = model, policy, k
        layers = model.config.num_hidden_layers
        self.keys, self.values = [None] * layers, [None] * layers
        self.positions = [[] for _ in range(layers)]
        self.accumulated = [None] * layers
        self.scores = [None] * layers
        self.margins = []
        self._next = 0

    def feed(self, tokens):
        """The logits of a call's tokens; every layer is cut afterwards."""
        positions = torch.arange(self._next, self._next + len(tokens))
        self._next += len(tokens)
        MultiState.current = self
        self._model.set_attn_implementation("multistate")
        try:
            return self._model(input_ids=torch.tensor([tokens]), position_ids=positions[None], use_cache=False).logits[0]
        finally:
            self._model.set_attn_implementation("eager")
            MultiState.current = None

    def attend(self, module, query, key, value, **options):
        """The architecture's own eager attention over the kept rows and the call's rows, then the cut."""
        layer, new = module.layer_idx, query.shape[2]
        first = self._next - new
        if self.keys[layer] is not None:
            key, value = torch.cat([self.keys[layer], key], 2), torch.cat([self.values[layer], value], 2)
        positions = self.positions[layer] + list(range(first, self._next))
        window = options.get("sliding_window")
        rows, queries = torch.tensor(positions)[None], torch.arange(first, self._next)[:, None]
        hidden = rows > queries
        if window is not None:
            hidden |= rows <= queries - window
        mask = torch.zeros(hidden.shape, dtype=query.dtype).masked_fill(hidden, torch.finfo(query.dtype).min)
        eager = sys.modules[type(module).__module__].eager_attention_forward
        output, weights = eager(module, query, key, value, mask[None, None], **options)

        average = weights[0].mean(0)
        old = self.accumulated[layer] if self.accumulated[layer] is not None else average.new_zeros(0)
        accumulated = torch.cat([old, average.new_zeros(new)]) + average.sum(0)
        self.scores[layer] = accumulated if self._policy == "h2o" else average[-1]
        kept = self._keep(positions, self.scores[layer])
        if window is not None:
            kept = [row for row in kept if positions[row] > self._next - window]
        self.keys[layer], self.values[layer] = key[:, :, kept], value[:, :, kept]
        self.positions[layer] = [positions[row] for row in kept]
        self.accumulated[layer] = accumulated[kept]
        return output, weights

    def _keep(self, positions, scores):
        count, k = len(positions), self._k
        if count <= k:
            return list(range(count))
        if self._policy == "window":
            return list(range(count - k, count))
        if self._policy == "window4":
            # The first rows that are left: a window may have taken the first tokens.
            return list(range(4)) + list(range(count - (k - 4), count))
        newest = k // 2 if self._policy == "h2o" else 0
        candidates = sorted(range(count - newest), key=lambda row: (-scores[row].item(), row))
        chosen = k - newest
        last, dropped = scores[candidates[chosen - 1]].item(), scores[candidates[chosen]].item()
        if last > 0:
            self.margins.append(last - dropped)
        return sorted(candidates[:chosen]) + list(range(count - newest, count))


def _multistate_attention(module, query, key, value, attention_mask, **options):
    return MultiState.current.attend(module, query, key, value, **options)


AttentionInterface.register("multistate", _multistate_attention)
AttentionMaskInterface.register("multistate", eager_mask)


class Run:
    """One policy on one prompt, then the forced tokens."""

    def __init__(self, model, policy, k, pieces, forced):
        state = MultiState(model, policy, k)
        layers = model.config.num_hidden_layers
        self.prompt_logits, self.chunk_kept, kept, logits, scores = [], [], [], [], []
        for piece in pieces:
            self.prompt_logits.append(state.feed(piece))
            self.chunk_kept.append(self._kept(state, k))
        kept.append(self._kept(state, k))
        for token in forced:
            logits.append(state.feed([token])[0])
            scores.append(torch.stack([torch.nn.functional.pad(row, (0, k + 1 - len(row)), value=-1.0) for row in state.scores]))
            kept.append(self._kept(state, k))
        self.prompt_logits = torch.cat(self.prompt_logits)
        self.chunk_kept = torch.stack(self.chunk_kept)
        self.kept, self.step_logits, self.scores = torch.stack(kept), torch.stack(logits), torch.stack(scores)
        self.smallest_margin = min(state.margins, default=float("inf"))
        self.differs_from_window = sum(positions != list(range(state._next - k, state._next)) for positions in state.positions)
        assert self.scores.shape[1] == layers

    @staticmethod
    def _kept(state, k):
        return torch.tensor([positions + [-1] * (k - len(positions)) for positions in state.positions])
