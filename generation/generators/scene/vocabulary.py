"""The words of the engine beside its nouns: colours, numbers, places, times, weathers, verbs, relations, styles."""

from __future__ import annotations

from collections.abc import Mapping


def _table(text: str) -> dict[str, str]:
    """`value: word, word; value: …` turned round into word -> value."""
    found = {}
    for entry in text.split(";"):
        value, _, words = entry.partition(":")
        for word in words.split(","):
            if word.strip():
                found[" ".join(word.split())] = value.strip()
    return found


COLOURS: Mapping[str, str] = {
    "red": "#c8383a", "crimson": "#a8233c", "scarlet": "#d23a2c", "maroon": "#7a2630", "pink": "#eb9bb2",
    "magenta": "#c43c8e",
    "purple": "#7d4f9e", "violet": "#8560b8", "lavender": "#b3a0d6", "indigo": "#453f86", "blue": "#3668ad",
    "navy": "#26396a",
    "turquoise": "#3aa6a6", "teal": "#2c7c80", "cyan": "#4cb6c6", "sky blue": "#7db8dc", "light blue": "#8fc0de",
    "dark blue": "#27457c",
    "green": "#4a8a4e", "light green": "#8dc07c", "dark green": "#2c5a3c", "emerald": "#2f8a62", "olive": "#7c7c3c",
    "mint": "#a3d6bc", "lime": "#9cc43c",
    "yellow": "#ecc440", "golden": "#d9a53a", "gold": "#d9a53a", "amber": "#dc9236", "orange": "#e07f2e",
    "coral": "#e5775f",
    "peach": "#f0b793", "brown": "#86583a", "beige": "#d9c6a2", "cream": "#efe4c8", "tan": "#c09a6a",
    "copper": "#b36a42", "bronze": "#9c7440",
    "white": "#f2eee5", "ivory": "#efe6d2", "black": "#33313a", "grey": "#8c8f96", "gray": "#8c8f96",
    "silver": "#b4bac2",
    "ginger": "#cf7a3c", "rust": "#a8532f", "burgundy": "#6f2338", "lilac": "#c0a4d4",
}  # fmt: skip

NUMBERS: Mapping[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11,
    "twelve": 12, "dozen": 12, "couple": 2, "pair": 2, "trio": 3, "few": 3, "some": 3, "several": 4, "many": 7,
    "lots": 7, "hundreds": 12,
    "countless": 12, "flock": 7, "herd": 5, "school": 8, "shoal": 9, "fleet": 4, "bunch": 5, "pack": 4, "swarm": 10,
    "group": 4, "family": 3,
    "row": 5, "crowd": 7, "handful": 4, "stack": 4, "pile": 4, "bouquet": 5, "cluster": 5, "both": 2, "dozens": 12,
    "single": 1, "lone": 1,
    "solitary": 1,
}  # fmt: skip

PLACE_WORDS: Mapping[str, str] = _table(
    "sea: sea, ocean, seascape, bay, coast, coastline, open sea, high seas, waves, wave, water, lagoon, fjord, cliff,"
    " cliffs, headland, seaside cliff;"
    "lake: lake, pond, lakeside, lakeshore, mountain lake, loch, reservoir;"
    "river: river, stream, brook, creek, riverbank, riverside, canal;"
    "beach: beach, seaside, shore, seashore, sandy beach, sand, tropical beach, coast road;"
    "forest: forest, wood, woods, woodland, pine forest, birch forest, clearing, glade, grove, enchanted forest, "
    "taiga;"
    "jungle: jungle, rainforest, tropical forest;"
    "meadow: meadow, grass, grassland, prairie, pasture, flower field, field of flowers, flower meadow, wildflowers, "
    "wildflower meadow, lawn;"
    "savanna: savanna, savannah, plain, plains, steppe, bush country, serengeti;"
    "hills: hill, hills, hilltop, hillside, valley, countryside, country road, rolling hills, landscape, country, "
    "road, country lane, lane, moor, moors;"
    "mountains: mountain, mountains, mountain range, alps, peak, peaks, mountainside, mountain top, mountaintop, "
    "mountain pass, highlands, mountain path, summit;"
    "desert: desert, dune, dunes, sand dunes, sahara, canyon, mesa;"
    "snowfield: arctic, antarctic, antarctica, north pole, tundra, snowy field, snowfield, snow field, ice field, "
    "ice, glacier, snowy landscape;"
    "garden: garden, flower garden, orchard, rose garden, backyard, greenhouse, flower bed;"
    "field: field, wheat field, farm, farmland, cornfield, corn field, wheat, barley field, vineyard, rice field, "
    "hay field, cropland;"
    "street: street, city street, road in the city, avenue, alley, town, downtown, boulevard, crossroads, market, "
    "square, town square, pavement, sidewalk, cobblestones;"
    "skyline: city, skyline, city skyline, cityscape, metropolis, big city, waterfront, skyscrapers, skyscraper, "
    "rooftops;"
    "village: village, small town, hamlet, old town;"
    "harbour: harbour, harbor, port, marina, dock, docks, quay, fishing village, pier;"
    "park: park, city park, playground;"
    "room: room, living room, bedroom, kitchen, study, library, cafe, café, coffee shop, table, wooden table, desk, "
    "indoors, interior, windowsill, window sill, window, shelf, house interior, studio, cosy room, cozy room, "
    "fireplace, inside, kitchen table, still life, floor, rug, carpet, workshop, attic, classroom;"
    "space: space, outer space, galaxy, cosmos, nebula, universe, deep space, orbit, milky way in space;"
    "moon: on the moon, moon surface, surface of the moon, lunar surface, on mars, mars, alien planet, another planet;"
    "underwater: underwater, under water, under the sea, under the water, below the sea, coral reef, reef, seabed, "
    "sea floor, ocean floor, bottom of the sea, deep sea, under the ocean, beneath the waves, aquarium, under the "
    "waves;"
    "clouds: above the clouds, over the clouds, sea of clouds, in the clouds, among the clouds, on a cloud, on the "
    "clouds, cloudscape"
)

TIME_WORDS: Mapping[str, str] = _table(
    "dawn: dawn, sunrise, daybreak, early morning, first light, at first light, morning mist;"
    "day: day, daytime, morning, afternoon, daylight, broad daylight, sunny, sunlight, sunny day, sunshine, clear "
    "sky, blue sky, clear, bright day;"
    "noon: noon, midday, high noon, hot day, summer day, heat;"
    "golden: golden hour, late afternoon, evening light, warm light, evening sun, golden light, low sun, autumn light;"
    "dusk: dusk, sunset, evening, twilight, nightfall, sundown, setting sun, afterglow, blue hour;"
    "night: night, midnight, nighttime, at night, moonlight, moonlit, starlight, night sky, darkness, nocturnal, "
    "dark night"
)

WEATHER_WORDS: Mapping[str, str] = _table(
    "storm: storm, stormy, thunderstorm, thunder, tempest, rough sea, rough, stormy sea;"
    "overcast: overcast, cloudy, grey sky, gray sky, cloudy sky, dull;"
    "rain: rain, rainy, raining, drizzle, shower, downpour, rainfall;"
    "snow: snow, snowy, snowing, blizzard, snowfall, snowstorm, snowflakes, snowflake, falling snow;"
    "fog: fog, foggy, mist, misty, haze, hazy"
)

SEASON_WORDS: Mapping[str, str] = _table(
    "spring: spring, springtime; summer: summer, summertime; autumn: autumn, fall, autumnal, in fall, october; "
    "winter: winter, wintry, wintertime, frost, frosty, christmas"
)

MOOD_WORDS: Mapping[str, str] = _table(
    "calm: calm, peaceful, quiet, serene, tranquil, still, gentle, silent;"
    "eerie: eerie, spooky, haunted, creepy, mysterious, ghostly, sinister, halloween;"
    "joyful: joyful, happy, cheerful, colourful, colorful, vibrant, bright, festive, playful, merry;"
    "melancholy: melancholy, sad, lonely, gloomy, wistful, forlorn, muted;"
    "dramatic: dramatic, epic, majestic, grand, intense;"
    "dreamy: dreamy, magical, magic, fairytale, surreal, enchanted, whimsical, mystical, fantasy, dreamlike, "
    "ethereal, fairy tale;"
    "cosy: cosy, cozy, warm, homely;"
    "lavender: lavender field, field of lavender, lavender fields; tulips: tulip field, field of tulips; sunflowers: "
    "sunflower field, field of sunflowers"
)

STYLE_WORDS: Mapping[str, str] = _table(
    "papercut: paper cut, papercut, paper-cut, paper art, paper collage, cut paper, layered paper, paper cutout;"
    "linocut: linocut, lino cut, linoprint, lino print, woodcut, wood cut, woodblock, woodblock print, block print, "
    "engraving, print, linocut print, wood engraving;"
    "gouache: gouache, gouache painting, poster paint, tempera, painting, brush painting;"
    "neon: neon, neon night, neon lights, neon style, synthwave, cyberpunk, vaporwave, neon glow, retrowave;"
    "pencil: pencil, pencil drawing, pencil and wash, pencil sketch, sketch, watercolour, watercolor, aquarelle, "
    "watercolour painting, watercolor painting, ink and wash, crayon, hand-drawn, hand drawn;"
    "pixel: pixel, pixel art, pixelart, 8-bit, 8 bit, 16-bit, pixelated, retro game"
)

FEATURE_WORDS: Mapping[str, str] = _table(
    "moon: moon; full moon: full moon; crescent: crescent moon, crescent, new moon; sun: sun; stars: star, stars, "
    "starry, starry sky, starry night, milky way, constellation, shooting star;"
    "rainbow: rainbow; clouds: cloud, clouds; aurora: aurora, northern lights, aurora borealis, polar lights; "
    "lightning: lightning, lightning bolt;"
    "petals: petals, falling petals, blossoms; falling leaves: falling leaves, leaves, autumn leaves; fireflies: "
    "firefly, fireflies, glowworm"
)

POSES: Mapping[str, str] = _table(
    "sit: sit, sitting, sits, seated, resting, perched, perching, crouching, waiting, rests, sat, perch, squatting, "
    "meditating;"
    "sleep: sleep, sleeping, sleeps, asleep, napping, curled, curled up, lying, lies, snoozing, dozing;"
    "run: run, running, runs, galloping, jumping, leaping, jump, leap, chasing, racing, trotting, bounding, gallop, "
    "hopping, dashing, jumps, leaps, prancing;"
    "fly: fly, flying, flies, soaring, gliding, hovering, soars, floating in the air, flight;"
    "walk: walk, walking, walks, strolling, wandering, hiking, marching, prowling, stalking, grazing, strolls, "
    "stepping;"
    "dance: dance, dancing, dances, twirling, celebrating;"
    "read: read, reading, reads, studying; wave: waving, wave hello, greeting;"
    "swim: swim, swimming, swims, diving, snorkelling; fish: fishing, angling;"
    "stand: stand, standing, stands, posing; play: play, playing, plays; sail: sail, sailing, sails, drifting, "
    "floating, drift, float, moored, anchored, rowing, paddling;"
    "howl: howling, howl, howls; look: looking, watching, gazing, looks, watches, staring, guarding, admiring, "
    "stargazing"
)

SIZES: Mapping[str, float] = {
    "tiny": 0.55, "small": 0.72, "little": 0.78, "miniature": 0.55, "baby": 0.6, "young": 0.8, "mini": 0.6,
    "short": 0.8,
    "big": 1.3, "large": 1.35, "huge": 1.6, "giant": 1.75, "enormous": 1.8, "gigantic": 1.8, "massive": 1.6,
    "tall": 1.3, "great": 1.3,
    "towering": 1.5,
}  # fmt: skip

RELATIONS: Mapping[str, str] = _table(
    "on: on, on top of, upon, atop, onto, sitting on, standing on, perched on; under: under, underneath, below, "
    "beneath;"
    "beside: beside, next to, by, alongside, at the side of, and beside, nearby; near: near, close to, at, around, "
    "along, past, through, across, among, between, towards, toward, into, from, outside, surrounded by, against, "
    "looking at, chasing, following, meeting, facing;"
    "over: over, above, flying over, jumping over; in: in, inside, within;"
    "with: with, and his, and her; riding: riding, ride, rides, riding on, driving, on the back of, steering, "
    "astride, mounted on;"
    "behind: behind, in the background of; before: in front of, before; holding: holding, carrying, holds, carries, "
    "playing the, wearing, eating, drinking, pushing"
)

_IGNORED_TEXT = """
    4k 8k a abandoned adorable adult after again against air all almost also always amazing an ancient and another
    are art artstation artwork as atmosphere atmospheric away back background bank bathed be beautiful beautifully
    before beginning being bit bloom blooming blossoming blowing boiling bottom brave brick brightly broken brown-
    eyed burning busy but can card center centre cinematic classic clever close closed cold color colors colour
    colours come comes coming composition cool corner covered crossing crowded curious cute dark decorated deep
    depicting detailed did digital distant do does done door doors down drawing dressed dry during dynamic each
    early edge elegant empty end endless enjoying enough even ever every eye eyes falling falls far faraway feather
    feathers featuring filled first fluffy foreground forgotten fresh friendly front full funny fur furry gentle
    gently getting glass glittering glowing go goes going gone gorgeous green-eyed ground growing grows grumpy had
    has have having hd he her hidden high high-quality highly him his holy home horizon horn horns hot hour hungry i
    illuminated illustration image iron is it its just last late lazy least left legendary less light lighting
    lights like line lit little-known lone long look looking looks lost lovely low loyal lush made make makes making
    masterpiece may me metal middle might minimal minimalism minimalist minimalistic modern moment mood more most
    much my narrow nature near nearly never new next nice no noble not of off often old one's only open or other our
    out outdoors over overgrown own painted painting pale palette paper part passing path perfect photo photograph
    picture place postcard poster pretty print proud quality quietly reflected reflecting reflection reflections
    render rendered resolution retro rich right ripe rises rising rolling roof roofs round royal ruined rusty sacred
    sail sails same scene season secret seeing seen sets setting shade shades she shimmering shining shiny should
    showing shown shy side simple single sky slowly smart snow-capped snow-covered snowcapped snowy-white so soft
    softly solitary sparkling spotted stands steaming still stone striped stunning style such surrounded sweet tail
    taking tame that the their them then there these they this those through time tired to together tones too top
    towards traditional trending typical ultra until up us using vast very view vintage vivid wallpaper warm-toned
    was water's we weather were wet where which while who whose wide wild wilderness will winding window-lit windows
    wing wings wise without wooden world would wrapped you young your
"""
IGNORED = frozenset(_IGNORED_TEXT.split())

_PART_TEXT = """
    cape cloak coat door dress feathers fur hull jacket leaves mane petals roof roofs sail sails scarf shirt spots
    stripes sweater wings
"""
PART_WORDS = frozenset(_PART_TEXT.split())

IRREGULAR: Mapping[str, str] = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "mice": "mouse", "geese": "goose",
    "feet": "foot", "wolves": "wolf",
    "leaves": "leaf", "calves": "calf", "oxen": "ox", "fishermen": "fisherman", "snowmen": "snowman",
    "knives": "knife", "loaves": "loaf",
    "cacti": "cactus", "octopi": "octopus", "firemen": "fireman", "kids": "kid",
}  # fmt: skip

_PLACE_PARTS_TEXT = """
    cliff, cliffs, headland, seaside cliff, coast, coastline, coast road, lakeside, lakeshore, riverbank,
    riverside, road, lane, country road, country lane, mountain path, mountain pass, table, wooden table, kitchen
    table, desk, indoors, interior, windowsill, window sill, window, shelf, still life, fireplace, inside, floor,
    rug, carpet
"""
PLACE_PARTS = frozenset(" ".join(words.split()) for words in _PLACE_PARTS_TEXT.split(","))
"""Words of places that name a part of them, whose colour is not the water's or the land's."""
ROADS = ("road", "country road", "lane", "country lane", "mountain path", "mountain pass")
"""Words of places that ask for a road through them."""
