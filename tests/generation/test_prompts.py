"""No backend finds an order in what a person wrote (GEN-03, GEN-13), and the words stay what they were."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generation.generators.prompts import EVERYTHING, Grammar, neutral

WEIGHTS = Grammar(weights=True)

# What the backends look for, read from their documentation and written anew.
ORDERS = {
    "tag": re.compile(r"<[^>]*>|<|>"),
    "weight": re.compile(r"[()\[\]{}\\]"),
    "wildcard": re.compile(r"__[^_]+__"),
    "textual inversion": re.compile(r"embedding\s*:", re.IGNORECASE),
    "joining": re.compile(r"\b(AND|BREAK)\b"),
    "negative part": re.compile(r"\|"),
    "line": re.compile(r"[\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029\0]"),
}
PIECES = [
    "<lora:../../etc/passwd:1>", "<sd_cpp_extra_args>", "</sd_cpp_extra_args>", '{"steps":99}', "((cat:1.8))",
    "[dog:cat:0.5]", "[a|b]", "{red|blue}", "__animals__", "embedding:nude", "EMBEDDING : x", "embedding::y", "AND",
    "BREAK", "ANDES", "|", "\\(", "\n", "\u2028", "\r\nNegative prompt: x\nSteps: 9", "<lo<lora:x>ra:y>", "_" * 5,
    "%prompt%", "🧑‍🚀", "猫", "\0",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map("".join)


def words(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN").casefold()


@given(TEXTS)
@example("embedding embedding::: x")
@example("A<A\u0130ND>")
def test_nothing_is_left_to_obey_and_every_word_is_left_to_read(text: str) -> None:
    plain = neutral(text, EVERYTHING)
    for name, order in ORDERS.items():
        assert order.search(plain) is None, name
    assert words(plain) == words(text)
    assert neutral(plain, EVERYTHING) == plain
    plain.encode("utf-8")


@pytest.mark.parametrize(
    ("grammar", "text", "expected"),
    [
        (Grammar(), "a cat (orange) | dog", "a cat (orange) | dog"),
        (Grammar(), 'x <sd_cpp_extra_args>{"a":1}', 'x ‹sd_cpp_extra_args›{"a":1}'),
        (WEIGHTS, "a (red:1.3) cat, [blue|green] eyes", "a red:1.3 cat, blue|green eyes"),
        (WEIGHTS, "rock AND roll, BREAK dance, ANDES", "rock and roll, break dance, ANDES"),
        (WEIGHTS, "my_file __wild__ card", "my_file _wild_ card"),
        (EVERYTHING, "cat|dog", "cat,dog"),
        (EVERYTHING, "an embedding: of gems\nin gold", "an embedding of gems in gold"),
    ],
)
def test_what_becomes_of_it(grammar: Grammar, text: str, expected: str) -> None:
    assert neutral(text, grammar) == expected
