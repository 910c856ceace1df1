"""Italian words of pictures, by the English words that the parser knows."""

from __future__ import annotations

TEXT = """
a: un, uno, una; the: il, lo, la, i, gli, le, l; and: e, ed; no: senza, nessun; some: alcuni, alcune, dei,
delle; of: di, del, della, d; two: due; three: tre; four: quattro; five: cinque; six: sei; seven: sette; eight:
otto; nine: nove; ten: dieci; twelve: dodici, dozzina; several: diversi, diverse; many: molti, molte; in: in,
nel, nella, nello, nei, dentro; on: su, sul, sulla, sullo, sopra il tetto; under: sotto, sotto il; behind:
dietro; in front of: davanti a, davanti al, davanti alla; beside: accanto a, accanto al, accanto alla, vicino a,
vicino al, vicino alla, a, al, alla, presso; over: sopra, al di sopra; with: con; riding: che cavalca,
cavalcando, in sella a, a cavallo di; holding: che tiene, tenendo, tiene, con in mano; between: tra, fra;
sitting: seduto, seduta, seduti, posato; sleeping: che dorme, dormendo, addormentato, addormentata, dorme;
running: che corre, correndo, corre, galoppa, salta; flying: che vola, volando, vola; walking: che cammina,
camminando, cammina; dancing: che balla, danza, balla; reading: che legge, leggendo, legge; swimming: che nuota,
nuotando; standing: in piedi; looking: che guarda, guarda; fishing: che pesca, pescando; red: rosso; blue: blu,
azzurro; green: verde; yellow: giallo; black: nero; white: bianco, bianca, bianchi, bianche; grey: grigio;
brown: marrone; orange: arancione; pink: rosa pallido; purple: viola; golden: dorato, d'oro; silver: argentato,
d'argento; turquoise: turchese; small: piccolo; big: grande, grosso; huge: enorme, gigante; tiny: minuscolo;
old: vecchio, vecchia, antico; wooden: di legno; stone: di pietra; glass: di vetro; at night: notte, di notte,
mezzanotte; dawn: alba, all'alba, sorgere del sole; dusk: tramonto, sera, crepuscolo; day: giorno, mattina;
noon: mezzogiorno; snow: neve, innevato, innevata; rain: pioggia, piovoso; fog: nebbia, nebbioso; storm:
tempesta, temporale; cloudy: nuvoloso; autumn: autunno; winter: inverno; spring: primavera; summer: estate;
calm: calmo, tranquillo, sereno; eerie: misterioso, inquietante; joyful: allegro, colorato; melancholy: triste,
solitario; dreamy: magico, incantato; sea: mare, oceano; lake: lago, stagno; river: fiume, ruscello; beach:
spiaggia, riva, costa; forest: foresta, bosco, boschi; jungle: giungla; meadow: prato; hills: collina, colline,
campagna, paesaggio, valle; mountains: montagna, montagne, monti; desert: deserto; field: campo, campo di grano;
garden: giardino; street: strada, via; city: città; village: villaggio, paese, borgo; harbour: porto; park:
parco; room: stanza, salotto, cucina, camera; table: tavolo, tavola; windowsill: davanzale; space: spazio; on
the moon: sulla luna; underwater: sott'acqua, sotto il mare; above the clouds: sopra le nuvole; savanna: savana;
ice: ghiaccio; moon: luna; full moon: luna piena; sun: sole; stars: stella, stelle, cielo stellato; rainbow:
arcobaleno; clouds: nuvola, nuvole; northern lights: aurora boreale; falling leaves: foglie cadenti; fireflies:
lucciola, lucciole; linocut: linoleografia, xilografia, incisione; pixel art: pixel art; watercolour:
acquerello, matita; gouache: gouache, dipinto, pittura; neon: neon; paper cut: carta ritagliata; fox: volpe;
wolf: lupo; bear: orso; polar bear: orso polare; panda: panda; deer: cervo, capriolo; lion: leone; tiger: tigre;
elephant: elefante; giraffe: giraffa; monkey: scimmia; camel: cammello; cat: gatto, gatta, gattino; dog: cane,
cucciolo; horse: cavallo; zebra: zebra; cow: mucca, mucche; sheep: pecora, agnello; goat: capra; pig: maiale;
rabbit: coniglio, lepre; squirrel: scoiattolo; hedgehog: riccio; mouse: topo; frog: rana; tortoise: tartaruga,
tartarughe; snail: lumaca, chiocciola; butterfly: farfalla; bee: ape; ladybird: coccinella; bird: uccello;
seagull: gabbiano; crow: corvo; eagle: aquila; owl: gufo, civetta; duck: anatra; swan: cigno; heron: airone;
flamingo: fenicottero; penguin: pinguino; parrot: pappagallo; rooster: gallo, gallina; peacock: pavone; fish:
pesce; whale: balena; dolphin: delfino; shark: squalo; octopus: polpo, piovra; jellyfish: medusa; sea turtle:
tartaruga marina; crab: granchio; seahorse: cavalluccio marino; person: persona; man: uomo, uomini; woman:
donna; child: bambino; girl: bambina, ragazza; astronaut: astronauta; knight: cavaliere; wizard: mago, maghi;
witch: strega; fisherman: pescatore; farmer: contadino; king: re; queen: regina; dragon: drago, draghi; unicorn:
unicorno; mermaid: sirena; ghost: fantasma; robot: robot; snowman: pupazzo di neve; scarecrow: spaventapasseri;
dinosaur: dinosauro; car: automobile, auto, macchina; bus: autobus; truck: camion; tractor: trattore; train:
treno; tram: tram; bicycle: bicicletta, bici; motorcycle: moto, motocicletta; sledge: slitta; hot air balloon:
mongolfiera; aeroplane: aereo; rocket: razzo; sailboat: barca a vela, barche a vela; boat: barca, barche; ship:
nave; pirate ship: nave pirata; submarine: sottomarino; island: isola; iceberg: iceberg; house: casa; cabin:
capanna, baita; lighthouse: faro; castle: castello; church: chiesa; windmill: mulino, mulino a vento; tower:
torre; barn: fienile; tent: tenda; bridge: ponte; fountain: fontana; volcano: vulcano; waterfall: cascata; tree:
albero, quercia; pine: pino, abete; birch: betulla; palm: palma; willow: salice; cherry tree: ciliegio; cactus:
cactus; flower: fiore; sunflower: girasole; tulip: tulipano; rose: rosa; mushroom: fungo, funghi; pumpkin:
zucca; lamp post: lampione; lantern: lanterna; bench: panchina; umbrella: ombrello; kite: aquilone; balloon:
palloncino; campfire: falò; rock: roccia; guitar: chitarra; violin: violino; piano: pianoforte; telescope:
telescopio; ball: palla; hat: cappello; gift: regalo; cup: tazza; coffee: caffè; teapot: teiera; candle:
candela; vase: vaso; apple: mela; bread: pane; cake: torta; bottle: bottiglia; book: libro; open book: libro
aperto; clock: orologio; chair: sedia; armchair: poltrona; key: chiave; basket: cesto; branch: ramo; fern:
felce; bat: pipistrello; tea: tè;
"""
ENDINGS = ("he", "hi", "i", "e", "o", "a")
PLURALS = ("i", "e")
SINGLE = ("un", "uno", "una", "il", "lo", "la", "l")
ADJECTIVES_FOLLOW = True
