#!/usr/bin/env python3
"""Largest differences to the reference, as the table in golden/README.md: runs the golden tests on the CPU engine and on libtorch.

    python3 tests/RetNet.Extensions.Conformance/reference/differences.py        (after dotnet build, from the root)
"""

import collections
import os
import pathlib
import subprocess
import tempfile

PROJECTS = {"": "RetNet.Extensions.Conformance", "libtorch": "RetNet.Extensions.TorchSharp.Tests"}

COLUMNS = [
    ("", "folder"), ("", "GGUF"), ("", "policies"), ("", "training"),
    ("libtorch", "folder"), ("libtorch", "policies"), ("libtorch", "training"),
]

# Which column a test belongs to; the others compare something else.
KINDS = {
    "One_forward_gives_the_reference_logits_and_hidden_states": "folder",
    "Token_by_token_and_any_pieces_give_the_reference_logits": "folder",
    "Configuration_of_transformers_5_loads_to_the_same_model": "folder",
    "Beyond_the_length_of_its_switch_LongRoPE_gives_the_reference_logits": "folder",
    "Parallel_form_gives_the_reference_logits_and_hidden_states": "folder",
    "Chunkwise_form_gives_the_reference_logits": "folder",
    "Prompt_in_two_parts_gives_the_reference_logits": "folder",
    "Recurrent_steps_give_the_reference_logits_and_states": "folder",
    "File_gives_the_reference_logits": "GGUF",
    "Texts_longer_than_the_original_length_give_the_reference_logits": "GGUF",
    "Run": "policies",
    "Gradients_of_the_first_loss_equal_the_reference": "training",
    "AssertGradients": "training",
    "Three_steps_of_AdamW_equal_the_reference": "training",
    "AssertParameters": "training",
}


def measure(project: str) -> list[list[str]]:
    """The lines that a project's golden tests record: case, test, tensor, difference."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "differences"
        subprocess.run(
            ["dotnet", "test", "--no-build", f"tests/{project}", "--filter", "FullyQualifiedName~GoldenTests"],
            env={**os.environ, "RETNET_DIFFERENCES": str(file)}, check=True, stdout=subprocess.DEVNULL)
        return [line.split("\t") for line in file.read_text().splitlines()]


def main() -> None:
    largest: dict[tuple[str, str, str], float] = collections.defaultdict(float)
    for engine, project in PROJECTS.items():
        for case, test, _, difference in measure(project):
            if kind := KINDS.get(test):
                # The cases of training are named after their architecture.
                key = case.removeprefix("train-"), engine, kind
                largest[key] = max(largest[key], float(difference))

    heads = [f"{engine} {kind}".strip() if engine else kind for engine, kind in COLUMNS]
    print("| case | " + " | ".join(heads) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for case in sorted({case for case, _, _ in largest}):
        cells = [f"{largest[case, *column]:.1e}" if (case, *column) in largest else "" for column in COLUMNS]
        print(f"| {case} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
