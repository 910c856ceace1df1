"""Spanish words of pictures, by the English words that the parser knows."""

from __future__ import annotations

TEXT = """
a: un, una; the: el, la, los, las; and: y, e; no: sin, ningún; some: unos, unas; of: de, del; two: dos; three:
tres; four: cuatro; five: cinco; six: seis; seven: siete; eight: ocho; nine: nueve; ten: diez; twelve: doce,
docena; several: varios, varias; many: muchos, muchas; in: en, dentro de, dentro del; on: sobre, encima de,
encima del, en lo alto de; under: bajo, debajo de, debajo del; behind: detrás de, detrás del, tras; in front of:
delante de, delante del, frente a, ante; beside: junto a, junto al, al lado de, al lado del, cerca de, cerca
del, a, al; over: por encima de, por encima del; with: con; riding: montando, montado en, montada en,
cabalgando, a caballo de, montando a; holding: sosteniendo, sostiene, llevando, lleva, con en la mano; between:
entre; sitting: sentado, sentada, posado, posada; sleeping: durmiendo, dormido, dormida, duerme; running:
corriendo, corre, galopando, saltando, salta; flying: volando, vuela; walking: caminando, camina, paseando;
dancing: bailando, baila; reading: leyendo, lee; swimming: nadando, nada; standing: de pie; looking: mirando,
mira; fishing: pescando, pesca; red: rojo; blue: azul; green: verde; yellow: amarillo; black: negro; white:
blanco; grey: gris; brown: marrón, pardo; orange: anaranjado; pink: rosado; purple: morado, violeta; golden:
dorado; silver: plateado; turquoise: turquesa; small: pequeño; big: grande, gran; huge: enorme, gigante; tiny:
diminuto; old: viejo, vieja, antiguo; wooden: de madera; stone: de piedra; glass: de cristal, de vidrio; at
night: noche, de noche, por la noche, medianoche; dawn: amanecer, alba, salida del sol; dusk: atardecer,
anochecer, puesta de sol, crepúsculo, ocaso; day: día, mañana; noon: mediodía; snow: nieve, nevado, nevada;
rain: lluvia, lluvioso; fog: niebla, brumoso, bruma; storm: tormenta, tempestad; cloudy: nublado; autumn: otoño;
winter: invierno; spring: primavera; summer: verano; calm: tranquilo, calma, sereno; eerie: misterioso,
tenebroso, embrujado; joyful: alegre, colorido; melancholy: triste, solitario; dreamy: mágico, encantado; sea:
mar, océano; lake: lago, estanque; river: río, arroyo; beach: playa, orilla, costa; forest: bosque; jungle:
selva, jungla; meadow: prado, pradera; hills: colina, campo abierto, paisaje, valle; mountains: montaña, sierra;
desert: desierto; field: campo, trigal; garden: jardín; street: calle; city: ciudad; village: pueblo, aldea;
harbour: puerto; park: parque; room: habitación, salón, cocina, cuarto; table: mesa; windowsill: alféizar,
repisa de la ventana; space: espacio; on the moon: en la luna; underwater: bajo el agua, bajo el mar, submarino
mundo; above the clouds: sobre las nubes; savanna: sabana; ice: hielo; moon: luna; full moon: luna llena; sun:
sol; stars: estrella, cielo estrellado; rainbow: arcoíris, arco iris; clouds: nube; northern lights: aurora
boreal; falling leaves: hojas caídas; fireflies: luciérnaga; linocut: linograbado, xilografía, grabado; pixel
art: pixel art; watercolour: acuarela, lápiz, dibujo a lápiz; gouache: gouache, pintura; neon: neón; paper cut:
papel recortado; fox: zorro; wolf: lobo; bear: oso; polar bear: oso polar; panda: panda; deer: ciervo, venado;
lion: león; tiger: tigre; elephant: elefante; giraffe: jirafa; monkey: mono; camel: camello; cat: gato, gatito;
dog: perro, cachorro; horse: caballo, poni; zebra: cebra; cow: vaca; sheep: oveja, cordero; goat: cabra; pig:
cerdo; rabbit: conejo, liebre; squirrel: ardilla; hedgehog: erizo; mouse: ratón; frog: rana; tortoise: tortuga;
snail: caracol; butterfly: mariposa; bee: abeja; ladybird: mariquita; bird: pájaro, ave; seagull: gaviota; crow:
cuervo; eagle: águila; owl: búho, lechuza; duck: pato; swan: cisne; heron: garza; flamingo: flamenco; penguin:
pingüino; parrot: loro, papagayo; rooster: gallo, gallina; peacock: pavo real; fish: pez, peces; whale: ballena;
dolphin: delfín; shark: tiburón; octopus: pulpo; jellyfish: medusa; sea turtle: tortuga marina; crab: cangrejo;
seahorse: caballito de mar; person: persona, gente; man: hombre; woman: mujer; child: niño; girl: niña, chica;
astronaut: astronauta; knight: caballero; wizard: mago; witch: bruja; fisherman: pescador; farmer: granjero;
king: rey; queen: reina; dragon: dragón; unicorn: unicornio; mermaid: sirena; ghost: fantasma; robot: robot;
snowman: muñeco de nieve; scarecrow: espantapájaros; dinosaur: dinosaurio; car: coche, auto, carro; bus:
autobús; truck: camión; tractor: tractor; train: tren; tram: tranvía; bicycle: bicicleta, bici; motorcycle:
moto, motocicleta; sledge: trineo; hot air balloon: globo aerostático; aeroplane: avión; rocket: cohete;
sailboat: velero, barco de vela; boat: barco, barca, bote; ship: buque, navío; pirate ship: barco pirata;
submarine: submarino; island: isla; iceberg: iceberg; house: casa; cabin: cabaña; lighthouse: faro; castle:
castillo; church: iglesia; windmill: molino, molino de viento; tower: torre; barn: granero; tent: tienda de
campaña, carpa; bridge: puente; fountain: fuente; volcano: volcán; waterfall: cascada, catarata; tree: árbol,
roble; pine: pino, abeto; birch: abedul; palm: palmera; willow: sauce; cherry tree: cerezo; cactus: cactus;
flower: flor; sunflower: girasol; tulip: tulipán; rose: rosa; mushroom: seta, hongo; pumpkin: calabaza; lamp
post: farola; lantern: linterna, farolillo; bench: banco; umbrella: paraguas; kite: cometa; balloon: globo;
campfire: hoguera, fogata; rock: roca; guitar: guitarra; violin: violín; piano: piano; telescope: telescopio;
ball: pelota; hat: sombrero; gift: regalo; cup: taza; coffee: café; teapot: tetera; candle: vela; vase: jarrón,
florero; apple: manzana; bread: pan; cake: pastel, tarta; bottle: botella; book: libro; open book: libro
abierto; clock: reloj; chair: silla; armchair: sillón; key: llave; basket: cesta; branch: rama; fern: helecho;
bat: murciélago; tea: té;
"""
ENDINGS = ("es", "os", "as", "s", "o", "a", "e")
PLURALS = ("s",)
SINGLE = ("un", "una", "el", "la")
ADJECTIVES_FOLLOW = True
