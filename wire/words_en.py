"""The 2,048 English words of wire/words.py: common words of three to eight letters.

Of words that sound alike one is left out.
The order is part of the protocol: a word stands for its number, so never add, remove or move one.
"""

from __future__ import annotations

from typing import Final

__all__ = ["WORDS"]

_TEXT: Final = """
ability about above absent accent accept access account acorn acrobat across action active actor actual
adapt address adjust admit adult advance adverb advice aerial affair afford after again agency agenda
agent agree ahead airline airport alarm album alert alike alley allow almond almost alone along alphabet
alpine already also altitude always amateur amaze amber amount anchor ancient angle animal ankle
announce annual answer antelope antenna anthem anyone apart apple apply approve apricot april apron
aquarium arch area arena argue armchair armor aroma around arrange arrive arrow art article artist
ascend aside aspect asphalt assist athlete atlas atom attach attend attic auction audience august author
auto autumn avenue average avocado avoid awake award awning axis baby backpack bacon badge badger bag
bagel bakery balance balcony ballad ballet balloon bamboo banana bank banner barber bargain barley barn
barrel baseball basil basin basket battery beacon beads beaker beam beard beauty beaver become bedroom
bedtime beef beehive beetle before begin behind being belief belong below bench beside better between
beyond bicycle bike bingo bird birthday biscuit blanket blaze blend blender blink blizzard block bloom
blossom blouse bluebird blush boat bobcat body bonus bookcase bookmark boost border borrow botany both
bottle bottom bounce bouquet bowl box boxer bracelet braid branch brave breath breeze brick bridge brief
bright bring broad broccoli bronze brook brother brown brownie brunch brush bubble bucket buckle budget
buffalo build bulb bulletin bumper bundle bungalow burger bus business busy butter button buyer buzzer
cabbage cabin cabinet cable cactus calendar calm camel camera camp camper canal canary candid candle
candy canoe canvas canyon cape capital capsule captain caramel caravan carbon card cardinal cargo
carnival carpet carrot carry cashew cashier castle casual cat catalog catch cattle caught cause caution
cavern cedar celery cello center century ceramic certain chain chair chalk champion chance change
chapter charcoal charge charity charm chart chase cheap check cheer cheese cheetah chef cherry chess
chestnut chicken chief child chimney chipmunk choice chorus chowder cinema cinnamon circle circus
citizen city civil claim clarify clarinet class classic clay clean clear clerk clever click cliff
climate climb clinic clip close closet cloth cloud clover club coach coaster cobbler cobra cocoa coconut
code coffee coin cold collar collect college collie colony color column comb combine comedy comet
comfort comic common commute company compare compass complete compose compost computer concert confirm
connect consider consult contact contain content contest context control convert cook cookie copper copy
coral corner correct costume cottage cotton council count country couple courage course court cousin
coyote cozy crab cracker cradle craft crane crater crayon cream create credit crescent crew cricket
crimson crisp crop cross crouton crowd crystal cucumber culture cup cupboard cupcake curious current
curtain curve cushion custom cute cycle cyclone cylinder daily daisy dance dancer daring darkness dash
data date daughter dawn day debate decade december decide decimal decorate deep define degree delay
delicate delight deliver delta demand denim dentist depart depend depth desert design desk desktop
dessert detail develop device dewdrop dial diamond diary dice dictate diesel diet differ digital dignity
dinner dinosaur diploma direct director discover display distance diver divide doctor dolphin domain
dome donate donkey donut door doorbell dot double dozen dragon drama draw drawer dream dress drift drill
drink drive driveway drizzle drop drum drummer duck duckling duration during duty dynamic eager eagle
early earmuff earring earth easel easy echo eclipse edge edit editor educate effect effort egg eggplant
eighteen either elbow elder elect electric elegant element elephant elevator eleven elite ellipse elm
email embassy emerald emperor employ empty enable encore end energy engine enjoy enough enrich enroll
enter entire entry envelope equal equator equip era erase errand error escort essay estate evening event
every evolve exact example exceed except exchange excite excuse exercise exhibit exist exotic expand
expect expert explain explore export express extend extra eye eyebrow fable fabric fact factory faculty
fade fairway fairy faith falcon fall family famous fancy far farmer farmland fashion faucet feast
feather feature february feed fellow felt fence fern ferry festival fetch fiber fiction fiddle field
fifteen fifty fig figure film filter final finance finger finish firefly firm first fish fit five flag
flame flamingo flannel flash flavor fleet flight flip float flock floor florist flow fluffy flute fly
foam focus folder foliage folk follow foot footstep forecast forest forget format formula fortress
fortune forum forward fossil fountain fox foyer frame freckle free freeze freight frequent fresh friday
friend fritter frog front frost frozen fruit fuel fund funnel funny furnace future gadget galaxy gallery
gallon game garage garden garlic garment gas gather gauge gazelle gecko gem general generous genius
gentle genuine geology geyser giant gift ginger giraffe girl give glacier glad glance glitter globe
glory glossy glue goal goldfish gondola good goose gospel gourmet govern gown grace grain grammar grand
grandma grandpa granite granola graph graphite grass grateful gravel gravity gravy green greenery greet
greeting grid grill grip grocery ground group grove grow guard guava guess guide guitar gulf gum habit
half hallway halo hammer hammock hamster handbag handle handy happen happy harbor harmony harness harp
harvest hat hatchet hawk hazel head headband health heart heather heaven heavy hedge hedgehog height
helium helmet help herb heron herring hexagon hidden high highway hiker hiking hill hinge hint history
hobby hockey hold holiday hollow home homework honest honey honeybee hook hop horizon horn hospital host
hotel house hover huge human humble humor hundred hungry hunter hurry husky hybrid hydrant hyphen icon
idea ideal identify igloo ignore image imagine impact import impress improve inch include income
increase index indoor industry infant inform ink inner input insect inside inspire install instead
insure intend interest into invent invest invite iris iron island issue item ivory ivy jacket jade
jaguar january jar jasmine jazz jeans jelly jersey jet jewel job join joke jolly journal journey judge
jug juice july jump june jungle junior juniper jury just justice kangaroo karate kayak keen kennel
ketchup kettle keyboard kind kindle king kingdom kiosk kitchen kite kitten kiwi knee knife knit knock
knuckle koala label labor lace ladder lady lagoon lamb land language lantern lapel laptop large laser
last laugh launch laundry laurel lavender law lawyer layout leader leaf league learn leash leather leave
lecture left legal legend leisure lemon length lens leopard letter lettuce level liberty library license
lid life light lilac lily lime limit linen lion liquid list listen liter little lizard llama load lobby
lobster locker lodge log logic loop lotion lotus lounge love lower loyal lucky luggage lumber lunar
lunch luxury lyrics machine magazine magic magnet main major make mammal manage mango mansion manual
maple marathon marble march margin marine market mask master material matter mattress may maybe mayor
meadow mean measure mechanic media medical medium melody melon melt member memory mention menu merchant
mercury mercy merit message meteor method metro middle midnight mill million mineral minimum mint minute
miracle mirror mission mitten mix mixer mobile model modern modest moment monday monitor monkey month
monument moon moral mosaic moss mother motion motor mountain mouse movie much muffin mug multiply museum
mushroom music must mutual myself mystery myth name napkin narrow nation native nature near neck
necklace nectar needle neighbor nephew network neutral never news next nickel niece nine noble nobody
noise noodle noon normal north note notebook nothing notice novel november now number nurse nutmeg nylon
oak oasis oatmeal obey object oblige observe obtain obvious ocean october octopus odd offer office often
okay olive olympic omelet once onion online only open opera opinion option orange orbit orchard orchid
order ordinary oregano organ orient origin ornament ostrich otter outdoor outer outfit outline output
oval oven owl owner oxygen oyster pacific package paddle page pajamas palace palette palm pamphlet pan
pancake panda panel panther pants papaya paper parade parcel pardon parent park parking parrot parsley
partner party pass passage passport pasta pastry path patient patio patrol pattern pavement payment pea
peach peacock peanut pearl pebble pecan peel pelican pencil penguin penny people pepper perfect perform
perfume perhaps period permit person phone photo phrase piano pick pickle picnic picture pigeon piglet
pillow pilot pioneer pipe pitcher pizza planet plank plastic plate platform play player plaza pleasant
pledge plenty plot plum plumber plus pocket poem point polar police polish polite pony pool popcorn
popular porch portion portrait position positive possible post postcard poster potato pottery pound
powder practice prairie praise precise prefer premium prepare present press pretty pretzel pride primary
prince print printer prism private prize problem process produce product profile program progress
project promise promote proof proper protect proud prove provide public pudding puddle pull pulse pump
pumpkin pupil puppet puppy purchase pure purple purpose push puzzle pyramid quail quality quantity
quarter quartz queen question quick quiet quilt quiz quota quote rabbit raccoon rack radar radio radish
raft rail railway rainbow raincoat raisin rally ranch random ranger rapid rare rather raven razor react
reader ready real reason rebuild recall receipt receive recent recipe record recover recycle red reduce
reef refer refine reflect refresh refund region regular reindeer relate relax relief rely remain remark
remember remind remote remove renew rent repair repeat replace reply report request require rescue
research reserve resort resource respect respond result resume retail retire return reveal review revise
reward rhythm ribbon rich riddle ridge rinse ripple rise river roast robin robot rocket roll roof rope
rotate rough routine royal rubber ruby ruler rumor run runner rural rustic saddle safari safe saffron
sailor salad salary salmon salon salt salute sample sandal sandwich satin saturday saucer sausage
savanna save savings savor scale scarf scenery schedule scholar school science scissors scooter score
scout screen screw script scroll sculptor search season seat second secret section secure seek select
self senior sense sentence separate sequence series serious serve service session settle seven several
shade shadow shallow shampoo shape sharp shawl sheet shell shelter sheriff shield shine ship shirt shore
shorts shoulder shovel show shower shrimp shut shy sibling sidewalk sign signal silence silk silver
similar simple since singer single sister six sixty size skate sketch skill skin skirt sky slab sled
sleep sleeve slice slide slim slipper slogan slope small smart smile smoke smooth snack snail snake
sneaker snowman soap soccer social sock soda soft soil solar solid solo solution solve song sound soup
south space spark sparrow speak special speech speed spell spend sphere spider spinach spine spiral
spirit splash sponge spoon sport spot spray spread spring sprout square squash squid squirrel stable
stadium staff stage stamp stand staple start station statue stay steady steam step stereo stick sticker
still stir stone stool stop stork story stove strap straw stream street stretch string stroll strong
student studio study stuff stump subject submit suburb subway success such sudden sugar suggest suit
suitcase summer summit sunday sunlight sunny sunrise sunset super supper supply support sure surface
surfer surprise surround survey sushi swallow swan sweater sweet swift swim swing switch syrup system
tablet tackle tadpole tailor take talent tango tap target task taste taxi teach teacher teapot teddy
tell ten tender tennis term terrace text texture thank theater theme theory thing third thirty thread
three thumb thunder thursday ticket tidy tiger tile timber tiny tip tissue title toast today together
token tomato tomorrow tongue tonight tooth topic tortoise total toucan touch tour towel town toy tractor
trade traffic train transfer travel tray treasure treat trend triangle tribe trim trophy tropical
trouble trousers truck true trumpet trunk trust truth tube tuesday tulip tuna tundra tunnel turban
turkey turn turtle tutor tuxedo twelve twenty twice twig twin twist type typical umbrella umpire uncle
under uniform union unique unit universe unlock until unusual upgrade upon upper upright upset urban
urge usable use useful usher usual utensil utility vacation vacuum valid valley value van vanilla vapor
variety various vase vault vehicle velvet vendor venture verb verify verse version vessel vest veteran
vibrant victory video view village vintage vinyl violet violin virtue visa visible vision visit visitor
visual vital vivid vocal voice volcano volume vote voyage wafer waffle wage wagon waiter walk wallet
walnut walrus waltz want wardrobe warm watch wax wealth weasel wedding weekend weekly welcome well west
wheat wheel when where whisker whisper whistle white wide width wild willow window winter wire wisdom
wish wizard wolf wonder wool work worker workshop world worth wrist writer yacht yard yawn year yeast
yellow yield yoga yogurt young youth zebra zero zigzag zipper zone zoo zoom
"""

WORDS: Final[tuple[str, ...]] = tuple(_TEXT.split())
