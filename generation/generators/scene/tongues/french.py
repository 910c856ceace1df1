"""French words of pictures, by the English words that the parser knows."""

from __future__ import annotations

TEXT = """
a: un, une; the: le, la, les, l; and: et; no: sans, pas de, aucun; some: des, quelques; of: de, du, d; two:
deux; three: trois; four: quatre; five: cinq; six: six; seven: sept; eight: huit; nine: neuf; ten: dix; twelve:
douze, douzaine; several: plusieurs; many: beaucoup de; in: dans, en, à l'intérieur; on: sur, assis sur, sur le
dos de; under: sous; behind: derrière; in front of: devant; beside: à côté de, à côté du, à côté d, près de,
près du, près d, au bord de, au bord du, au, aux, à; over: au-dessus de, au dessus de, au-dessus du; with: avec;
riding: chevauchant, à cheval sur, chevauche, monte; holding: tenant, tient, portant, porte; between: entre;
sitting: assis, assise, perché, perchée; sleeping: dormant, endormi, endormie, dort, couché; running: courant,
court, galopant, galope, saute; flying: volant, vole, volent; walking: marchant, marche, promène; dancing:
dansant, danse; reading: lisant, lit; swimming: nageant, nage; standing: debout; looking: regardant, regarde;
fishing: pêchant, pêche; red: rouge, roux, rousse; blue: bleu; green: vert; yellow: jaune; black: noir; white:
blanc, blanche; grey: gris; brown: brun, marron; orange: orange; pink: rose pâle; purple: violet, mauve; golden:
doré; silver: argenté; turquoise: turquoise; small: petit; big: grand, gros, grosse; huge: énorme, immense,
géant; tiny: minuscule; old: vieux, vieille; wooden: en bois, de bois; stone: de pierre, en pierre; glass: de
verre, en verre; at night: nuit, la nuit, de nuit, minuit; dawn: aube, l'aube, lever du soleil, lever de soleil,
aurore; dusk: crépuscule, soir, coucher du soleil, coucher de soleil; day: jour, matin; noon: midi; snow: neige,
enneigé, enneigée; rain: pluie, pluvieux; fog: brouillard, brume, brumeux, brumeuse; storm: tempête, orage;
cloudy: nuageux; autumn: automne; winter: hiver; spring: printemps; summer: été; calm: calme, paisible,
tranquille; eerie: mystérieux, mystérieuse, effrayant, hanté; joyful: joyeux, joyeuse, coloré; melancholy:
triste, solitaire; dreamy: magique, rêveur, enchanté, féerique; sea: mer, océan; lake: lac, étang; river:
rivière, fleuve, ruisseau; beach: plage, rivage, côte; forest: forêt, bois; jungle: jungle; meadow: prairie,
pré; hills: colline, campagne, paysage, vallée; mountains: montagne, alpes; desert: désert; field: champ, champ
de blé; garden: jardin; street: rue; city: ville; village: village; harbour: port; park: parc; room: chambre,
salon, cuisine, pièce; table: table; windowsill: rebord de fenêtre, rebord de la fenêtre; space: espace; on the
moon: sur la lune; underwater: sous l'eau, sous la mer, sous-marin monde; above the clouds: au-dessus des
nuages; savanna: savane; ice: glace, banquise; moon: lune; full moon: pleine lune; sun: soleil; stars: étoile,
ciel étoilé; rainbow: arc-en-ciel; clouds: nuage; northern lights: aurore boréale, aurores boréales; falling
leaves: feuilles mortes; fireflies: luciole; linocut: linogravure, gravure; pixel art: pixel art; watercolour:
aquarelle, dessin au crayon, crayon; gouache: gouache, peinture; neon: néon; paper cut: papier découpé; fox:
renard; wolf: loup; bear: ours; polar bear: ours polaire, ours blanc; panda: panda; deer: cerf, biche,
chevreuil; lion: lion; tiger: tigre; elephant: éléphant; giraffe: girafe; monkey: singe; camel: chameau,
dromadaire; cat: chat, chatte, chaton; dog: chien, chiot; horse: cheval, chevaux, poney; zebra: zèbre; cow:
vache; sheep: mouton, agneau, brebis; goat: chèvre; pig: cochon; rabbit: lapin, lièvre; squirrel: écureuil;
hedgehog: hérisson; mouse: souris; frog: grenouille; tortoise: tortue; snail: escargot; butterfly: papillon;
bee: abeille; ladybird: coccinelle; bird: oiseau, oiseaux; seagull: mouette; crow: corbeau, corneille; eagle:
aigle; owl: hibou, chouette; duck: canard; swan: cygne; heron: héron; flamingo: flamant; penguin: manchot,
pingouin; parrot: perroquet; rooster: coq, poule; peacock: paon; fish: poisson; whale: baleine; dolphin:
dauphin; shark: requin; octopus: pieuvre, poulpe; jellyfish: méduse; sea turtle: tortue de mer, tortue marine;
crab: crabe; seahorse: hippocampe; person: personne; man: homme; woman: femme; child: enfant, garçon; girl:
fille, fillette; astronaut: astronaute; knight: chevalier; wizard: magicien, sorcier; witch: sorcière;
fisherman: pêcheur; farmer: fermier; king: roi; queen: reine; dragon: dragon; unicorn: licorne; mermaid: sirène;
ghost: fantôme; robot: robot; snowman: bonhomme de neige; scarecrow: épouvantail; dinosaur: dinosaure; car:
voiture, auto; bus: bus, autobus; truck: camion; tractor: tracteur; train: train; tram: tramway; bicycle: vélo,
bicyclette; motorcycle: moto; sledge: traîneau, luge; hot air balloon: montgolfière; aeroplane: avion; rocket:
fusée; sailboat: voilier, bateau à voile; boat: bateau, barque, bateaux; ship: navire, paquebot; pirate ship:
bateau pirate, navire pirate; submarine: sous-marin; island: île; iceberg: iceberg; house: maison; cabin:
cabane; lighthouse: phare; castle: château, châteaux; church: église; windmill: moulin, moulin à vent; tower:
tour; barn: grange; tent: tente; bridge: pont; fountain: fontaine; volcano: volcan; waterfall: cascade, chute
d'eau; tree: arbre, chêne; pine: pin, sapin; birch: bouleau; palm: palmier; willow: saule; cherry tree:
cerisier; cactus: cactus; flower: fleur; sunflower: tournesol; tulip: tulipe; rose: rose; mushroom: champignon;
pumpkin: citrouille; lamp post: réverbère, lampadaire; lantern: lanterne; bench: banc; umbrella: parapluie;
kite: cerf-volant; balloon: ballon, ballon rouge de fête; campfire: feu de camp, feu; rock: rocher; guitar:
guitare; violin: violon; piano: piano; telescope: télescope; ball: balle; hat: chapeau; gift: cadeau; cup:
tasse; coffee: café; teapot: théière; candle: bougie; vase: vase; apple: pomme; bread: pain; cake: gâteau;
bottle: bouteille; book: livre; open book: livre ouvert; clock: horloge; chair: chaise; armchair: fauteuil; key:
clé; basket: panier; branch: branche; fern: fougère; bat: chauve-souris; tea: thé;
"""
ENDINGS = ("es", "s", "x", "e")
PLURALS = ("s", "x")
SINGLE = ("un", "une", "le", "la", "l")
ADJECTIVES_FOLLOW = True
