"""Japanese words of pictures, by the English words that the parser knows."""

from __future__ import annotations

TEXT = """
two: 二匹, 二羽, 二頭, 二人, 二つ, 2匹, 2羽, 2頭, 2人, 2つ, 2本, 二本, 2隻, 二隻, 二台; three: 三匹, 三羽, 三頭,
三人, 三つ, 3匹, 3羽, 3頭, 3人, 3つ, 三本, 3本, 三隻, 3隻; four: 四匹, 四羽, 四人, 四つ, 4匹, 4人; five: 五匹,
五羽, 五頭, 五人, 五つ, 5匹, 5羽, 5人; one: 一匹, 一羽, 一頭, 一人, 一つ, 1匹, 1羽, 一本, 一隻, 一台; many:
たくさん, 多く, 群れ; and: と; on: の上, の上に, の上で, の背中; under: の下, の下に, の下で, 下; behind:
の後ろ, の後ろに, の裏; in front of: の前, の前に; beside: の隣, の隣に, の横, のそば, の近く, のほとり; in:
の中, の中に, の中で; over: の上空, の上を飛ぶ; riding: に乗った, に乗る, に乗っている, にまたがる; holding:
を持った, を持つ, を持っている, をさした, を抱いた; sitting: 座った, 座る, 座っている, すわる; sleeping: 眠る,
眠っている, 寝ている, 寝る, 眠った; running: 走る, 走っている, 走った, 駆ける, 跳ぶ; flying: 飛ぶ, 飛んでいる,
空飛ぶ; walking: 歩く, 歩いている; dancing: 踊る, 踊っている; reading: 読む, 読んでいる; swimming: 泳ぐ,
泳いでいる; standing: 立つ, 立っている; looking: 見る, 見ている, 眺める; red: 赤い, 赤, 赤色; blue: 青い, 青,
水色; green: 緑の, 緑色, 緑; yellow: 黄色い, 黄色; black: 黒い, 黒, 真っ黒; white: 白い, 白, 真っ白; grey: 灰色,
グレー; brown: 茶色い, 茶色; orange: オレンジ色; pink: ピンク, 桃色; purple: 紫, 紫色; golden: 金色, 黄金;
silver: 銀色; small: 小さな, 小さい; big: 大きな, 大きい; huge: 巨大な; wooden: 木製の; stone: 石の; glass:
ガラスの; at night: 夜, 夜の, 深夜, 真夜中; dawn: 夜明け, 朝焼け, 日の出, 早朝; dusk: 夕暮れ, 夕焼け, 夕方,
日没, 夕日; day: 昼, 朝, 昼間; noon: 正午; snow: 雪, 雪の, 雪景色; rain: 雨, 雨の; fog: 霧, 霧の, もや; storm:
嵐, 雷雨; cloudy: 曇り; autumn: 秋, 秋の, 紅葉; winter: 冬, 冬の; spring: 春, 春の; summer: 夏, 夏の; calm:
静かな, 穏やかな; eerie: 不気味な, 神秘的な; joyful: 楽しい, カラフルな; melancholy: 寂しい, 悲しい; dreamy:
魔法の, 幻想的な; sea: 海, 大海原; lake: 湖, 池, 湖畔; river: 川, 河; beach: 浜辺, 砂浜, 海岸, ビーチ; forest:
森, 林, 森林; jungle: ジャングル; meadow: 草原, 野原, 草むら; hills: 丘, 田舎, 谷; mountains: 山, 山々, 山脈;
desert: 砂漠; field: 畑, 麦畑, 田んぼ; garden: 庭, 花園, 庭園; street: 通り, 街角, 道路; city: 街, 都会, 都市,
町; village: 村; harbour: 港; park: 公園; room: 部屋, 台所, リビング; table: 机, テーブル; windowsill: 窓辺,
窓際; space: 宇宙; on the moon: 月面, 月の上; underwater: 海の中, 海底, 水中; above the clouds: 雲の上; ice: 氷;
moon: 月; full moon: 満月; crescent: 三日月; sun: 太陽; stars: 星, 星空; rainbow: 虹; clouds: 雲; northern
lights: オーロラ; fireflies: 蛍, ホタル; falling petals: 花吹雪, 桜吹雪; linocut: 版画, 木版画; pixel art:
ピクセルアート, ドット絵; watercolour: 水彩画, 水彩, 鉛筆画; gouache: ガッシュ, 絵画; neon: ネオン; paper cut:
切り絵; fox: 狐, キツネ, きつね; wolf: 狼, オオカミ; bear: 熊, クマ; polar bear: 白熊, シロクマ, ホッキョクグマ;
panda: パンダ; deer: 鹿, シカ; lion: ライオン; tiger: 虎, トラ; elephant: 象, ゾウ; giraffe: キリン; monkey: 猿,
サル; camel: ラクダ; cat: 猫, ネコ, ねこ, 子猫; dog: 犬, イヌ, 子犬; horse: 馬, ウマ; zebra: シマウマ; cow: 牛,
ウシ; sheep: 羊, ヒツジ; goat: ヤギ; pig: 豚, ブタ; rabbit: うさぎ, ウサギ, 兎; squirrel: リス; hedgehog:
ハリネズミ; mouse: ネズミ; frog: 蛙, カエル; tortoise: 亀, カメ; snail: かたつむり, カタツムリ; butterfly: 蝶,
蝶々; bee: 蜂, ミツバチ; ladybird: てんとう虫, テントウムシ; bird: 鳥, 小鳥; seagull: カモメ; crow: カラス, 烏;
eagle: 鷲, ワシ; owl: フクロウ, ふくろう, 梟; duck: 鴨, カモ, アヒル; swan: 白鳥; heron: 鷺, サギ; flamingo:
フラミンゴ; penguin: ペンギン; parrot: オウム; rooster: 鶏, ニワトリ; peacock: 孔雀; fish: 魚; whale: 鯨,
クジラ; dolphin: イルカ; shark: サメ; octopus: タコ, 蛸; jellyfish: クラゲ; sea turtle: ウミガメ; crab: 蟹,
カニ; seahorse: タツノオトシゴ; person: 人; man: 男, 男性; woman: 女, 女性; child: 子供, 子ども, 少年; girl:
女の子, 少女; astronaut: 宇宙飛行士; knight: 騎士; wizard: 魔法使い; witch: 魔女; fisherman: 漁師, 釣り人;
farmer: 農夫; king: 王様; queen: 女王; dragon: 竜, 龍, ドラゴン; unicorn: ユニコーン; mermaid: 人魚; ghost:
幽霊, お化け; robot: ロボット; snowman: 雪だるま; scarecrow: かかし; dinosaur: 恐竜; car: 車, 自動車; bus: バス;
truck: トラック; tractor: トラクター; train: 電車, 列車, 汽車; tram: 路面電車; bicycle: 自転車; motorcycle:
バイク, オートバイ; hot air balloon: 気球, 熱気球; aeroplane: 飛行機; rocket: ロケット; sailboat: ヨット, 帆船;
boat: 船, ボート, 小舟; ship: 汽船; pirate ship: 海賊船; submarine: 潜水艦; island: 島; iceberg: 氷山; house:
家; cabin: 小屋, 山小屋; lighthouse: 灯台; castle: 城, お城; church: 教会; windmill: 風車; tower: 塔; tent:
テント; pagoda: 五重塔, 寺, 神社, 鳥居; bridge: 橋; fountain: 噴水; volcano: 火山, 富士山; waterfall: 滝; tree:
木, 樹; pine: 松, 松の木; bamboo: 竹, 竹林; palm: ヤシの木; willow: 柳; cherry tree: 桜, 桜の木; cactus:
サボテン; flower: 花; sunflower: ひまわり; tulip: チューリップ; rose: 薔薇, バラ; mushroom: きのこ, キノコ;
pumpkin: かぼちゃ, カボチャ; lamp post: 街灯; lantern: 提灯, ランタン, 灯籠; bench: ベンチ; umbrella: 傘; kite:
凧; balloon: 風船; campfire: 焚き火, キャンプファイヤー; rock: 岩; guitar: ギター; violin: バイオリン; piano:
ピアノ; telescope: 望遠鏡; hat: 帽子; gift: 贈り物, プレゼント; cup: カップ, 茶碗; coffee: コーヒー; teapot:
急須, ティーポット; candle: ろうそく, 蝋燭; vase: 花瓶; apple: りんご; orange: みかん; bread: パン; cake:
ケーキ; book: 本; clock: 時計; chair: 椅子; armchair: 肘掛け椅子, ソファ; key: 鍵; basket: 籠; branch: 枝; bat:
コウモリ; dragonfly: とんぼ, トンボ;
"""
