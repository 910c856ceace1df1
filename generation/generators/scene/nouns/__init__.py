"""The catalogue of nouns: one file for each family, found here by name and synonym."""

from __future__ import annotations

from functools import lru_cache

from generation.generators.scene.noun import Noun, nouns_of
from generation.generators.scene.nouns import (
    aircraft,
    animals,
    birds,
    buildings,
    camp,
    farm,
    finds,
    flowers,
    furniture,
    landmarks,
    magicians,
    people,
    plants,
    safari,
    sea_creatures,
    ships,
    small_animals,
    sundry,
    tableware,
    vehicles,
    wonders,
)

FAMILIES = (
    animals,
    safari,
    farm,
    small_animals,
    birds,
    sea_creatures,
    people,
    magicians,
    wonders,
    vehicles,
    aircraft,
    ships,
    buildings,
    landmarks,
    camp,
    plants,
    flowers,
    sundry,
    tableware,
    furniture,
    finds,
)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Noun]:
    """Every noun by its name."""
    return {noun.name: noun for family in FAMILIES for noun in nouns_of(family)}


@lru_cache(maxsize=1)
def words() -> dict[str, Noun]:
    """Every noun by its name, its synonyms and their plurals."""
    found: dict[str, Noun] = {}
    for noun in catalogue().values():
        for word in (noun.name, *noun.words):
            found[word] = noun
        if noun.plural:
            found[noun.plural] = noun
    return found
