"""The block lists: what they must find, and the look-alikes that they must not."""

from __future__ import annotations

import base64
import time

import pytest

from generation.moderators.lists import Lists

LISTS = Lists()


def found(text: str) -> set[str]:
    return {name for name, score in LISTS.judge(text).scores.items() if score > 0}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("porn scene", "sexual"),
        ("P.O.R.N", "sexual"),
        ("p0rnography", "sexual"),
        (base64.b64encode(b"hardcore porn scene").decode(), "sexual"),
        ("ein nackter Mann", "sexual"),
        ("une femme déshabillée", "sexual"),
        ("голая женщина", "sexual"),
        ("全裸の女性", "sexual"),
        ("n a k e d w o m a n", "sexual"),
        ("heil   hitler", "hate"),
        ("a castle by Greg Rutkowski", "artist-style"),
        ("best ONLINE CASINO bonus", "spam"),
        ("Dönald Trümp on a horse", "real-person"),
        ("TAYLOR SWIFT", "real-person"),
        ("Владимир Путин", "real-person"),
        ("a toddler", "youth"),
        ("a 14-year-old", "youth"),
        ("17 yo", "youth"),
        ("sixteen years old", "youth"),
        ("14 Jahre alt", "youth"),
        ("de 12 ans", "youth"),
        ("13 лет", "youth"),
        ("16歳", "youth"),
    ],
)
def test_found(text: str, category: str) -> None:
    assert category in found(text)
    assert LISTS.judge(text).evidence[category]


@pytest.mark.parametrize(
    "text",
    [
        "bare trunk of an oak",
        "snowball fight",
        "chicken breast recipe",
        "naked mole rat",
        "Michelangelo's David",
        "Scunthorpe, Essex and Sussex",
        "a classic assassin's cassock",
        "a cockatoo, a great tit and an ass",
        "Moby-Dick by Herman Melville",
        "analysis of an analogue clock",
        "king charles spaniel",
        "seen with the naked eye",
        "a 25-year-old whisky",
        "18 years old",
        "in 1488 he sailed round the cape",
        "ведро воды",
        "裸足",
        "a grape, a drape and a therapist",
    ],
)
def test_look_alikes(text: str) -> None:
    assert found(text) == set()


def test_every_category_is_scored_and_the_version_names_the_file() -> None:
    finding = LISTS.judge("")
    assert set(finding.scores) == {
        "sexual",
        "sexual/minors",
        "youth",
        "hate",
        "self-harm",
        "real-person",
        "artist-style",
        "spam",
    }
    assert set(finding.scores.values()) == {0.0}
    assert LISTS.version.startswith("3+")


def test_a_long_text_is_quick() -> None:
    before = time.process_time()
    LISTS.judge("the quick brown fox jumps over the lazy dog " * 230)
    assert time.process_time() - before < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "immigrants drawn as cockroaches",
        "all muslims are like vermin",
        "Juden als Ratten dargestellt",
        "les arabes sont des singes",
    ],
)
def test_people_called_vermin(text: str) -> None:
    assert LISTS.judge(text).scores["hate"] == 0.8


@pytest.mark.parametrize(
    "text",
    [
        "refugees and their dogs in a park", "monkeys beside an african village", "women dressed as pirates",
        "a plague doctor and two women", "a poster for suicide prevention", "the suicide squad, comic cover",
    ],
)  # fmt: skip
def test_people_beside_beasts_are_no_hate(text: str) -> None:
    scores = LISTS.judge(text).scores
    assert (scores["hate"], scores["self-harm"]) == (0.0, 0.0)


def test_comparisons_take_linear_time() -> None:
    long = "jews and " * 500 + "as well as " * 300
    began = time.process_time()
    LISTS.judge(long)
    assert time.process_time() - began < 2.0
