"""Portuguese words of pictures, by the English words that the parser knows."""

from __future__ import annotations

TEXT = """
a: um, uma; the: o, a, os, as; and: e; no: sem, nenhum; some: uns, umas, alguns, algumas; of: de, do, da, dos,
das; two: dois, duas; three: três; four: quatro; five: cinco; six: seis; seven: sete; eight: oito; nine: nove;
ten: dez; twelve: doze, dúzia; several: vários, várias; many: muitos, muitas; in: em, no, na, num, numa, nos,
nas, dentro de, dentro do; on: sobre, em cima de, em cima do, em cima da; under: sob, debaixo de, debaixo do,
debaixo da, embaixo de; behind: atrás de, atrás do, atrás da; in front of: em frente a, em frente ao, diante de,
na frente de; beside: ao lado de, ao lado do, ao lado da, perto de, perto do, perto da, junto a, ao, à; over:
acima de, acima do, por cima de; with: com; riding: montando, montado em, montada em, cavalgando, a cavalo em;
holding: segurando, segura, levando, com na mão; between: entre; sitting: sentado, sentada, pousado; sleeping:
dormindo, a dormir, dorme; running: correndo, a correr, corre, galopando, saltando; flying: voando, a voar, voa;
walking: caminhando, andando, a andar; dancing: dançando, a dançar; reading: lendo, a ler, lê; swimming:
nadando, a nadar; standing: de pé, em pé; looking: olhando, a olhar; fishing: pescando, a pescar; red: vermelho,
encarnado; blue: azul; green: verde; yellow: amarelo; black: preto, negro; white: branco; grey: cinzento, cinza;
brown: castanho, marrom; orange: alaranjado; pink: cor-de-rosa; purple: roxo, violeta; golden: dourado; silver:
prateado; turquoise: turquesa; small: pequeno; big: grande; huge: enorme, gigante; tiny: minúsculo; old: velho,
velha, antigo; wooden: de madeira; stone: de pedra; glass: de vidro; at night: noite, à noite, de noite,
meia-noite; dawn: amanhecer, nascer do sol, madrugada, aurora; dusk: anoitecer, pôr do sol, entardecer,
crepúsculo; day: dia, manhã; noon: meio-dia; snow: neve, nevado, nevada, coberta de neve; rain: chuva, chuvoso;
fog: névoa, nevoeiro, neblina; storm: tempestade, trovoada; cloudy: nublado; autumn: outono; winter: inverno;
spring: primavera; summer: verão; calm: calmo, tranquilo, sereno; eerie: misterioso, assombrado, sombrio;
joyful: alegre, colorido; melancholy: triste, solitário; dreamy: mágico, encantado; sea: mar, oceano; lake:
lago, lagoa; river: rio, riacho; beach: praia, costa, margem; forest: floresta, bosque; jungle: selva; meadow:
prado, campina; hills: colina, paisagem, vale; mountains: montanha, serra; desert: deserto; field: campo, campo
de trigo; garden: jardim; street: rua; city: cidade; village: aldeia, vila, vilarejo; harbour: porto; park:
parque; room: quarto, sala, cozinha; table: mesa; windowsill: parapeito, parapeito da janela; space: espaço; on
the moon: na lua; underwater: debaixo de água, debaixo d'água, no fundo do mar; above the clouds: acima das
nuvens; savanna: savana; ice: gelo; moon: lua; full moon: lua cheia; sun: sol; stars: estrela, céu estrelado;
rainbow: arco-íris; clouds: nuvem, nuvens; northern lights: aurora boreal; falling leaves: folhas caindo;
fireflies: vaga-lume, pirilampo; linocut: linogravura, xilogravura, gravura; pixel art: pixel art; watercolour:
aquarela, aguarela, lápis; gouache: guache, pintura; neon: néon, neon; paper cut: papel recortado; fox: raposa;
wolf: lobo; bear: urso; polar bear: urso polar; panda: panda; deer: veado, cervo, corça; lion: leão, leões;
tiger: tigre; elephant: elefante; giraffe: girafa; monkey: macaco; camel: camelo; cat: gato, gatinho; dog: cão,
cachorro, cães; horse: cavalo, pônei; zebra: zebra; cow: vaca; sheep: ovelha, cordeiro; goat: cabra; pig: porco;
rabbit: coelho, lebre; squirrel: esquilo; hedgehog: ouriço; mouse: rato; frog: rã, sapo; tortoise: tartaruga;
snail: caracol; butterfly: borboleta; bee: abelha; ladybird: joaninha; bird: pássaro, ave; seagull: gaivota;
crow: corvo; eagle: águia; owl: coruja, mocho; duck: pato; swan: cisne; heron: garça; flamingo: flamingo;
penguin: pinguim, pinguins; parrot: papagaio; rooster: galo, galinha; peacock: pavão; fish: peixe; whale:
baleia; dolphin: golfinho; shark: tubarão; octopus: polvo; jellyfish: água-viva, medusa; sea turtle: tartaruga
marinha; crab: caranguejo; seahorse: cavalo-marinho; person: pessoa; man: homem, homens; woman: mulher; child:
criança, menino; girl: menina, rapariga; astronaut: astronauta; knight: cavaleiro; wizard: mago, feiticeiro;
witch: bruxa; fisherman: pescador; farmer: agricultor, fazendeiro; king: rei; queen: rainha; dragon: dragão,
dragões; unicorn: unicórnio; mermaid: sereia; ghost: fantasma; robot: robô, robot; snowman: boneco de neve;
scarecrow: espantalho; dinosaur: dinossauro; car: carro, automóvel; bus: autocarro, ônibus; truck: caminhão,
camião; tractor: trator; train: comboio, trem; tram: elétrico, bonde; bicycle: bicicleta; motorcycle: moto,
motocicleta; sledge: trenó; hot air balloon: balão de ar quente; aeroplane: avião; rocket: foguete, foguetão;
sailboat: veleiro, barco à vela; boat: barco, bote; ship: navio; pirate ship: navio pirata, barco pirata;
submarine: submarino; island: ilha; iceberg: iceberg; house: casa; cabin: cabana; lighthouse: farol, faróis;
castle: castelo; church: igreja; windmill: moinho, moinho de vento; tower: torre; barn: celeiro; tent: tenda,
barraca; bridge: ponte; fountain: fonte; volcano: vulcão; waterfall: cachoeira, cascata; tree: árvore, carvalho;
pine: pinheiro, abeto; birch: bétula; palm: palmeira; willow: salgueiro; cherry tree: cerejeira; cactus: cacto;
flower: flor; sunflower: girassol; tulip: tulipa; rose: rosa; mushroom: cogumelo; pumpkin: abóbora; lamp post:
poste de luz, candeeiro de rua; lantern: lanterna; bench: banco; umbrella: guarda-chuva; kite: pipa, papagaio de
papel; balloon: balão; campfire: fogueira; rock: rocha; guitar: guitarra, violão; violin: violino; piano: piano;
telescope: telescópio; ball: bola; hat: chapéu; gift: presente, prenda; cup: xícara, chávena; coffee: café;
teapot: bule; candle: vela; vase: vaso; apple: maçã; bread: pão; cake: bolo; bottle: garrafa; book: livro; open
book: livro aberto; clock: relógio; chair: cadeira; armchair: poltrona; key: chave; basket: cesto; branch: ramo,
galho; fern: samambaia, feto; bat: morcego; tea: chá;
"""
ENDINGS = ("es", "os", "as", "s", "o", "a", "e")
PLURALS = ("s",)
SINGLE = ("um", "uma", "o", "a")
ADJECTIVES_FOLLOW = True
