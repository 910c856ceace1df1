"""German words of pictures, by the English words that the parser knows."""

from __future__ import annotations

TEXT = """
a: ein, eine, einer, einem, einen, eines; the: der, die, das, dem, den, des; and: und; no: kein, keine, keinen,
ohne; two: zwei, zwo, paar; three: drei; four: vier; five: fünf; six: sechs; seven: sieben; eight: acht; nine:
neun; ten: zehn; twelve: zwölf, dutzend; several: mehrere, einige; many: viele; in: in, im, ins; on: auf, am
rand; under: unter, unterm; behind: hinter; in front of: vor; beside: neben, am, an, bei, beim, zum, zur, bei
den; over: über, überm; with: mit; riding: reitet, reitend, reitet auf, reitend auf, auf dem rücken; holding:
hält, haltend, trägt, der hält, in der hand; between: zwischen; sitting: sitzt, sitzend, sitzende, sitzender,
sitzen; sleeping: schläft, schlafend, schlafende, schlafender, liegt; running: rennt, rennend, läuft, springt,
galoppiert, galoppierend, laufend; flying: fliegt, fliegend, fliegende, fliegender, fliegen, schwebt; walking:
geht, gehend, spaziert, wandert; dancing: tanzt, tanzend; reading: liest, lesend; swimming: schwimmt,
schwimmend; standing: steht, stehend; looking: schaut, blickt; fishing: angelt, angelnd; red: rot; blue: blau;
green: grün; yellow: gelb; black: schwarz; white: weiß, weiss; grey: grau; brown: braun; orange: orange; pink:
rosa; purple: lila, violett; golden: golden, goldig; silver: silbern; turquoise: türkis; small: klein; big:
groß, gross; huge: riesig; tiny: winzig; old: alt; wooden: hölzern; stone: steinern; at night: nacht, nachts,
bei nacht, mitternacht; dawn: morgendämmerung, sonnenaufgang, morgengrauen; dusk: dämmerung, abend,
sonnenuntergang, abenddämmerung; day: tag, morgen; noon: mittag; golden hour: abendlicht; snow: schnee,
verschneit, schneit, schneebedeckt; rain: regen, regnet, regnerisch; fog: nebel, neblig, dunst; storm: sturm,
gewitter, stürmisch; cloudy: bewölkt, wolkig; autumn: herbst, herbstlich; winter: winter, winterlich; spring:
frühling; summer: sommer; calm: ruhig, still, friedlich; eerie: unheimlich, gruselig, geheimnisvoll; joyful:
fröhlich, bunt; melancholy: traurig, einsam; dreamy: verträumt, magisch, zauberhaft, verzaubert; sea: meer,
ozean, see draußen; lake: see, teich, weiher; river: fluss, bach, strom; beach: strand, küste, ufer; forest:
wald; jungle: dschungel, urwald; meadow: wiese, feld mit blumen; hills: hügel, landschaft, landstraße, tal;
mountains: berg, gebirge, alpen; desert: wüste; field: feld, acker, weizenfeld; garden: garten; street: straße,
strasse; city: stadt, großstadt, skyline; village: dorf; harbour: hafen; park: park; room: zimmer, wohnzimmer,
küche, stube; table: tisch, holztisch; windowsill: fensterbank, fensterbrett; space: weltall, weltraum; on the
moon: auf dem mond; underwater: unter wasser, unterwasser, meeresgrund; above the clouds: über den wolken;
savanna: savanne; ice: eis; moon: mond; full moon: vollmond; sun: sonne; stars: stern, sternenhimmel; rainbow:
regenbogen; clouds: wolke; northern lights: polarlicht, nordlicht; falling leaves: fallende blätter; fireflies:
glühwürmchen; linocut: linolschnitt, holzschnitt; pixel art: pixelkunst, pixel; watercolour: aquarell,
bleistiftzeichnung, bleistift; gouache: gouache, gemälde; neon: neon, neonlicht; paper cut: scherenschnitt,
papierschnitt; fox: fuchs; wolf: wolf; bear: bär, braunbär; polar bear: eisbär; panda: panda; deer: hirsch, reh,
rehkitz; lion: löwe; tiger: tiger; elephant: elefant; giraffe: giraffe; monkey: affe; camel: kamel; cat: katze,
kater, kätzchen; dog: hund, welpe; horse: pferd, pony; zebra: zebra; cow: kuh, kühe; sheep: schaf, lamm; goat:
ziege; pig: schwein; rabbit: hase, kaninchen; squirrel: eichhörnchen; hedgehog: igel; mouse: maus, mäuse; frog:
frosch; tortoise: schildkröte; snail: schnecke; butterfly: schmetterling, falter; bee: biene; ladybird:
marienkäfer; bird: vogel, vögel; seagull: möwe; crow: krähe, rabe; eagle: adler; owl: eule, uhu; duck: ente;
swan: schwan; heron: reiher; flamingo: flamingo; penguin: pinguin; parrot: papagei; rooster: hahn, huhn, henne;
peacock: pfau; fish: fisch; whale: wal, walfisch; dolphin: delfin, delphin; shark: hai; octopus: krake,
tintenfisch; jellyfish: qualle; sea turtle: meeresschildkröte; crab: krebs, krabbe; seahorse: seepferdchen;
person: mensch, leute; man: mann, männer; woman: frau; child: kind, junge; girl: mädchen; astronaut: astronaut,
raumfahrer; knight: ritter; wizard: zauberer, magier; witch: hexe; fisherman: fischer, angler; farmer: bauer,
bäuerin; king: könig; queen: königin; dragon: drache; unicorn: einhorn; mermaid: meerjungfrau; ghost: gespenst,
geist; robot: roboter; snowman: schneemann; scarecrow: vogelscheuche; dinosaur: dinosaurier; car: auto, wagen;
bus: bus; truck: lastwagen; tractor: traktor; train: zug, eisenbahn, dampflok; tram: straßenbahn; bicycle:
fahrrad, rad; motorcycle: motorrad; sledge: schlitten; hot air balloon: heißluftballon; aeroplane: flugzeug;
rocket: rakete; sailboat: segelboot, segelschiff; boat: boot, kahn, ruderboot; ship: schiff, dampfer; pirate
ship: piratenschiff; submarine: u-boot, unterseeboot; island: insel; iceberg: eisberg; house: haus, häuser;
cabin: hütte, holzhütte; lighthouse: leuchtturm; castle: schloss, burg; church: kirche; windmill: windmühle,
mühle; tower: turm; barn: scheune; tent: zelt; bridge: brücke; fountain: brunnen, springbrunnen; volcano:
vulkan; waterfall: wasserfall; tree: baum, bäume, eiche; pine: kiefer, tanne, fichte; birch: birke; palm: palme;
willow: weide; cherry tree: kirschbaum; cactus: kaktus, kakteen; flower: blume; sunflower: sonnenblume; tulip:
tulpe; rose: rose; mushroom: pilz, fliegenpilz; pumpkin: kürbis; lamp post: laterne, straßenlaterne; lantern:
laternchen, windlicht; bench: bank, parkbank; umbrella: regenschirm, schirm; kite: windvogel; balloon:
luftballon, ballon; campfire: lagerfeuer, feuer; rock: fels, stein; guitar: gitarre; violin: geige, violine;
piano: klavier; telescope: fernrohr, teleskop; ball: ball; hat: hut; gift: geschenk; cup: tasse, becher; coffee:
kaffee; teapot: teekanne, kanne; candle: kerze; vase: vase; apple: apfel, äpfel; bread: brot; cake: kuchen,
torte; bottle: flasche; glass: glas; book: buch, bücher; open book: offenes buch, aufgeschlagenes buch; clock:
uhr; chair: stuhl; armchair: sessel, lehnstuhl; key: schlüssel; basket: korb; branch: ast, zweig; fern: farn;
bat: fledermaus;
"""
ENDINGS = ("ern", "em", "en", "er", "es", "e", "n", "s")
PLURALS = ("e", "en", "er", "n", "s")
SINGLE = ("ein", "eine", "einer", "einem", "einen", "eines", "der", "das", "dem", "des")
ADJECTIVES_FOLLOW = False
