"""A vocabulary of words: every word of the scenes' captions, and five special tokens."""

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, START, END, MASK = range(5)
SPECIAL = ["<pad>", "<unk>", "<start>", "<end>", "<mask>"]
LENGTH = 32
CATEGORIES = ["disc", "square", "triangle", "star", "cross", "ring"]


class Words:
    def __init__(self, captions):
        self.split = pre_tokenizers.Whitespace()
        found = {word for caption in captions for word, _ in self.split.pre_tokenize_str(caption.lower())}
        self.ids = {word: i for i, word in enumerate(SPECIAL + sorted(found))}
        self.left_right = self.swapped(("left", "right"))
        self.up_down = self.swapped(("top", "bottom"), ("above", "below"))
        self.categories = torch.tensor([self.ids[name] for name in CATEGORIES])

    def __len__(self):
        return len(self.ids)

    def swapped(self, *pairs):
        """[vocabulary] the id that each id becomes when the words of each pair change places."""
        table = torch.arange(len(self.ids))
        for one, other in pairs:
            table[self.ids[one]], table[self.ids[other]] = self.ids[other], self.ids[one]
        return table

    def encode(self, captions):
        """int64 [captions, LENGTH]: <start>, words, <end>, <pad> …"""
        ids = torch.full((len(captions), LENGTH), PAD)
        for row, caption in enumerate(captions):
            words = [self.ids.get(word, UNKNOWN) for word, _ in self.split.pre_tokenize_str(caption.lower())]
            line = [START, *words, END]
            if len(line) > LENGTH:
                raise ValueError(f"{len(line)} tokens are more than {LENGTH}: {caption}")
            ids[row, : len(line)] = torch.tensor(line)
        return ids

    def tokenizer(self):
        """The same as transformers' fast tokenizers have it."""
        tokenizer = Tokenizer(models.WordLevel(self.ids, unk_token="<unk>"))
        tokenizer.normalizer = normalizers.Lowercase()
        tokenizer.pre_tokenizer = self.split
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<start> $A <end>", special_tokens=[("<start>", START), ("<end>", END)]
        )
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            model_max_length=LENGTH,
            pad_token="<pad>",
            unk_token="<unk>",
            bos_token="<start>",
            eos_token="<end>",
            mask_token="<mask>",
        )
