"""Ten thousand schools with names as Dutch schools have them, and what people type who look for one."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.federation.models import School


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(";"))


_FIRST = _listed(
    "Linden;Eiken;Beuken;Wilgen;Berken;Kastanje;Rozen;Tulpen;Zonne;Maan;Sterren;Regen;Water;Wind;Molen;Berg;Duin;"
    "Veen;Polder;Dijk;Vaart;Sluis;Brug;Haven;Vlinder;Bijen;Zwaluw;Reiger;Merel;Vossen;Herten;Dolfijn;Egel;Uilen;"
    "Spechten;Toren;Kerk;Kloosters;Dom;Markt;Ridder;Koning;Keizer;Graven;Boeren;Vissers;Schippers;Zee;Kust;Bos;"
    "Heide;Wei;Akker;Tuin;Noorder;Zuider;Ooster;Wester;Midden;Klim;Speel;Droom;Wonder;Kleur;Vuur;Goud;Zilver;"
    "Parel;Kristal;Spring;Klaver;Korenaar;Braam;Hazel;Vlier;Meidoorn;Lijster;Tamboerijn;Kompas;Ark;Brede;Hoge;"
    "Lage;Nieuwe;Oude"
)
_SECOND = _listed(
    "boog;hof;burcht;boom;bloem;tuin;poort;weide;berg;dal;bron;beek;wijk;brug;steen;vlinder;molen;toren;baken;"
    "kring;sprong;stap;wijzer;ruiter;horst;burg;veld;kamp;akker;land;laar;donk;heuvel;loper;vogel;nest;vleugel;"
    "ster;stroom;wereld;schans;schuit;boot;schip;anker;roos;krans;blad;tak;wortel;klank;brink;schakel;sleutel;"
    "bongerd;gaard;plaats"
)
_WHOLE = _listed(
    "Regenboog;Vlinder;Wegwijzer;Ark;Bron;Sleutel;Schakel;Springplank;Zonnebloem;Klimop;Kameleon;Troubadour;"
    "Boomgaard;Windroos;Ontdekkingsreis;Griffioen;Fontein;Brandaris;Horizon;Achtbaan;Tweeklank;Driemaster;"
    "Vuurvogel;Octopus"
)
_PEOPLE = _listed(
    "Koningin Wilhelmina;Prinses Beatrix;Prins Willem-Alexander;Juliana;Dr. Schaepman;Anne Frank;"
    "Johannes Calvijn;Groen van Prinsterer;Titus Brandsma;Sint Jozef;Sint Martinus;St. Maarten;Titus;"
    "Michiel de Ruyter;Rembrandt;Vincent van Gogh;Theo Thijssen;Jan Ligthart;Maria Montessori;Eben Haëzer;"
    "Da Costa;Daniël de Brouwer;Mgr. Bekkers"
)
_BEFORE = (
    "Basisschool",
    "OBS",
    "CBS",
    "RKBS",
    "PCB",
    "SBO",
    "Openbare basisschool",
    "Daltonschool",
    "Jenaplanschool",
    "",
)
_AFTER = ("College", "Lyceum", "Scholengemeenschap", "Gymnasium", "Praktijkschool", "Mavo")
_PLACES = _listed(
    "Assen;Breda;Utrecht;Groningen;Zwolle;Enschede;Apeldoorn;Arnhem;Nijmegen;'s-Hertogenbosch;Tilburg;Eindhoven;"
    "Den Haag;Maastricht;Heerlen;Sittard;Venlo;Roermond;Weert;Helmond;Oss;Amersfoort;Hilversum;Almere;Lelystad;"
    "Haarlem;Alkmaar;Hoorn;Den Helder;Purmerend;Zaandam;Leiden;Delft;Gouda;Dordrecht;Rotterdam;Schiedam;"
    "Vlissingen;Middelburg;Goes;Terneuzen;Sneek;Súdwest;Leeuwarden;Drachten;Heerenveen;Emmen;Hoogeveen;Meppel;"
    "Deventer;Hengelo;Almelo;Zutphen;Doetinchem;Winterswijk;Ede;Wageningen;Tiel;Culemborg;Zeist;Nieuwegein;"
    "Woerden;Alphen aan den Rijn;Katwijk"
)
_PLACE_FIRST = _listed(
    "Nieuw;Oud;Hoog;Laag;Noord;Zuid;Oost;West;Wester;Ooster;Blok;Vollen;Hinde;Smil;Wijn;Borg;Haren;Zand;Veld;Eek"
)
_PLACE_SECOND = _listed(
    "kerk;dam;drecht;hoven;loo;rode;wijk;veen;zijl;huizen;broek;burg;voort;beek;dorp;horn;weerd;sluis;lo;um"
)
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Looked:
    """A school, and what somebody typed who looks for it."""

    school: School
    typed: str


def dutch_schools(count: int, seed: int = 1) -> tuple[School, ...]:
    """So many schools; no two have both name and place in common."""
    dice, seen, made = random.Random(seed), set[tuple[str, str]](), list[School]()
    while len(made) < count:
        name, place = _name(dice), _place(dice)
        if (name.casefold(), place) in seen:
            continue
        seen.add((name.casefold(), place))
        number = len(made)
        brin = Brin(f"{number // 676 % 90 + 10}{_LETTERS[number // 26 % 26]}{_LETTERS[number % 26]}".upper())
        postcode = f"{dice.randint(1000, 9999)}{dice.choice(_LETTERS)}{dice.choice(_LETTERS)}".upper()
        made.append(School(brin, {Language.NL: name}, Sector.PO, place=place, postcode=postcode))
    return tuple(made)


def looked_for(schools: tuple[School, ...], count: int, seed: int = 2) -> Iterator[Looked]:
    """People look for some of them: name and place, with one or two errors; now and then without the kind of school."""
    dice = random.Random(seed)
    for _ in range(count):
        school = dice.choice(schools)
        name = school.names[Language.NL]
        typed = f"{name} {school.place}"
        for _ in range(dice.choice((1, 1, 2))):
            typed = _mistyped(typed, dice)
        yield Looked(school, typed.lower() if dice.random() < 0.7 else typed)


def _name(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.25:
        head = f"De {dice.choice(_WHOLE)}"
    elif kind < 0.8:
        head = f"{dice.choice(('De', 'De', 'Het', ''))} {dice.choice(_FIRST)}{dice.choice(_SECOND)}".strip()
    else:
        head = dice.choice(_PEOPLE)
    if dice.random() < 0.2:
        return f"{head} {dice.choice(_AFTER)}"
    return f"{dice.choice(_BEFORE)} {head}".strip()


def _place(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(_PLACES)
    return f"{dice.choice(_PLACE_FIRST)}{dice.choice(_PLACE_SECOND)}"


def _mistyped(text: str, dice: random.Random) -> str:
    """One error, as fingers make them: a letter left out, doubled, swapped with the next, or its neighbour's key."""
    at = dice.choice([place for place, letter in enumerate(text) if letter.isalpha()])
    match dice.randrange(5):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
        case 3:
            return text[:at] + _beside(text[at], dice) + text[at + 1 :]
        case _:
            return text[:at] + dice.choice(_LETTERS) + text[at:]


def _beside(letter: str, dice: random.Random) -> str:
    row = next((row for row in _KEYS if letter.lower() in row), "")
    at = row.find(letter.lower())
    near = [row[one] for one in (at - 1, at + 1) if 0 <= one < len(row)] if row else list(_LETTERS)
    return dice.choice(near)
