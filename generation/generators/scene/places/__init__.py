"""The places of the vocabulary: each a function that draws its layers and says where things may stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from generation.generators.scene.canvas import Canvas
from generation.generators.scene.places import beyond, closeup, fields, indoors, jungle, nature, town, waters

PLACES: Mapping[str, Callable[[Canvas], None]] = {
    "sea": waters.sea,
    "lake": waters.lake,
    "river": waters.river,
    "beach": waters.beach,
    "forest": nature.forest,
    "jungle": jungle.jungle,
    "meadow": nature.meadow,
    "savanna": nature.savanna,
    "hills": nature.hills,
    "mountains": nature.mountains,
    "desert": nature.desert,
    "snowfield": nature.snowfield,
    "garden": nature.garden,
    "field": fields.field,
    "street": town.street,
    "skyline": town.skyline,
    "village": town.village,
    "harbour": town.harbour,
    "park": town.park,
    "room": indoors.room,
    "closeup": closeup.closeup,
    "space": beyond.space,
    "moon": beyond.moon_surface,
    "underwater": beyond.underwater,
    "clouds": beyond.above_clouds,
}
