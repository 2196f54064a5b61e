"""Makes the golden tokenizers that are trained here, with the tokenizers library, and what it answers for each text.

Usage: python3 make_tokenizers.py FOLDER, where FOLDER is golden/ beside this script's folder. The texts are those of
golden/tokenizer-bytelevel-4096; they and the repository's README are what is trained on.
"""
import json
import pathlib
import random
import sys

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SEED = 1715


def bert(**options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer, trainers.WordPieceTrainer(
        vocab_size=700, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], continuing_subword_prefix="##")


CASES = {
    "tokenizer-wordpiece-uncased": ("WordPiece as bert-base-uncased has it", lambda: bert()),
    "tokenizer-wordpiece-cased": ("WordPiece as bert-base-cased has it", lambda: bert(lowercase=False)),
}


def answers(tokenizer, texts):
    """What the library answers for texts, and for ids that no text gives."""
    cases = []
    for text in texts:
        encoding = tokenizer.encode(text)
        cases.append({
            "text": text,
            "ids": encoding.ids,
            "ids_without_special_tokens_added": tokenizer.encode(text, add_special_tokens=False).ids,
            "tokens": encoding.tokens,
            "decoded": tokenizer.decode(encoding.ids),
            "decoded_keeping_special_tokens": tokenizer.decode(encoding.ids, skip_special_tokens=False),
        })
        # The library gives an unknown word's text; here it is the token of the id.
        cases[-1]["tokens"] = [tokenizer.id_to_token(token) for token in encoding.ids]
    chosen = random.Random(SEED)
    decode_only = [[chosen.randrange(tokenizer.get_vocab_size()) for _ in range(chosen.randrange(1, 12))] for _ in range(16)]
    return {"cases": cases, "decode_only": [{
        "ids": ids,
        "decoded": tokenizer.decode(ids),
        "decoded_keeping_special_tokens": tokenizer.decode(ids, skip_special_tokens=False),
    } for ids in decode_only]}


def write(path, value, indent=None):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def main():
    golden = pathlib.Path(sys.argv[1])
    texts = [case["text"] for case in json.loads((golden / "tokenizer-bytelevel-4096/expected.json").read_text("utf-8"))["cases"]]
    readme = (golden.parent.parent.parent / "README.md").read_text("utf-8")
    for name, (what, make) in CASES.items():
        folder = golden / name
        folder.mkdir(exist_ok=True)
        tokenizer, trainer = make()
        tokenizer.train_from_iterator(texts + readme.splitlines(), trainer)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        write(folder / "expected.json", answers(tokenizer, texts))
        write(folder / "case.json", {
            "kind": "tokenizer", "what": what, "file": "tokenizer.json", "expected": "expected.json", "strings": len(texts),
            "decode_only": 16, "vocab_size": tokenizer.get_vocab_size(), "seeds": {"decode_only": SEED},
            "versions": {"python": sys.version.split()[0], "tokenizers": tokenizers.__version__},
        }, indent=2)


if __name__ == "__main__":
    main()
