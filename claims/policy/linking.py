"""How what is said is linked to registered attributes: by which words (`linking.yaml`), with which weights."""

from collections.abc import Mapping
from decimal import Decimal

from claims.policy.words import Regex, Words
from claims.types import Frozen


class Aside(Frozen):
    """Words that say of what else a passage speaks: before a number in its sentence, or behind it in its clause."""

    before: Words = Words()
    after: Words = Words()


class Lists(Frozen):
    """What the lists of a passport are called that have no label of their own."""

    composition: str = ""
    ingredients: str = ""


class PlaceOfOthers(Frozen):
    """Where a place is not where goods come from, by what stands right behind or right before it."""

    behind: Regex
    before: Regex


class Answers(Frozen):
    """How a passage takes up the one before it: asks, says yes or no, or puts right what was said."""

    # What asks: anywhere in a passage, and at the end of a clause.
    asks: Words
    asks_at_the_end: Words
    # Between a verb and itself these ask, between a verb and what comes of it they deny: 拿不拿, 拿不下来.
    negators: str
    # Characters behind such a negator by which it asks all the same.
    asks_behind: str
    # What may stand before an answer, and what closes it.
    fillers: Words
    particles: Words
    # An answer that is nothing but a yes; one that begins so; a no; what begins like a no and is none.
    affirms: Words
    affirms_at_once: Words
    denies: Words
    denies_nothing: Words
    # Behind a verb of the question these say it again: 送的, 放得平.
    echo_ends: Words
    # Before such a verb these affirm it: 能调, 会亮, 好洗.
    may: Words
    # Behind such a verb these deny by asking back: 洗啥子洗.
    asks_back: Words
    # A slip that is owned up to, what else puts right what was said, and by what a passage breaks off before it does.
    slips: Regex
    puts_right: Words
    breaks_off: Words
    # How what is registered says that something is there or may be done, or is not.
    is_there: Words
    is_lacking: Words


class LinkingFile(Frozen):
    """`linking.yaml`."""

    classifiers: Words
    ordinal_before: Words
    ordinal_after: Words
    links: Words
    goes_on: Regex
    points: Words
    between: Words
    totals: Words
    per_hundred: Regex
    # Before the amount of which something is told; amounts of time that are none.
    of_each: Words = Words()
    pairs: Words = Words()
    of_one: Words = Words()
    no_amounts: Words = Words()
    asides: Mapping[str, Aside]
    also: Mapping[str, Words]
    liquids: Mapping[str, Words]
    # Units whose word means another one besides, by so much.
    means_besides: Mapping[str, Decimal] = {}
    judged_elsewhere: Words
    common_ends: Words
    plain_characters: str
    types: Mapping[str, Words]
    classes: Mapping[str, str]
    attribute_classes: Mapping[str, str]
    stated_by: tuple[str, ...]
    decided_by: tuple[str, ...]
    lists: Lists = Lists()
    # What the count of the pieces in a pack is called; any other count (of ports, of layers) makes no sum.
    packed: Regex | None = None
    # Under a label of these sorts alone a value is of no other sort.
    closed: tuple[str, ...] = ()
    # Asides by which a value is told of something else, or not asserted.
    not_of_goods: tuple[str, ...] = ()
    # Contexts that are weighed in how likely a value is told of what is registered, and clear no value of their own.
    weighed: tuple[str, ...] = ()
    # Asides by which what a detector finds is told of other goods, and a registered value contradicts nothing.
    of_others: tuple[str, ...] = ()
    # What stands behind the number of an age, with so many days, and the labels of attributes that tell one.
    age_units: Mapping[str, int] = {}
    age_labels: Words = Words()
    # Behind this a share's number begins.
    share_opens: Words = Words()
    # A place that these words stand about is where people come from, or where parcels go.
    place_of_others: PlaceOfOthers | None = None
    # Characters that name the sides of a size.
    sides: str = ""
    # By which words passages answer one another; None: each is read for itself.
    answers: Answers | None = None

    def types_of(self, *labels: str) -> frozenset[str]:
        """Of which sorts the values of attributes of these labels are."""
        return frozenset(name for name, ends in self.types.items() if any(ends.any_in(label) for label in labels))


class ReadWeight(Frozen):
    """How a reader's log-odds that a pair contradicts become a feature: `offset` is added.

    Read is what differs and is likelier than `least` without it. `flag_at`: the bar where a reader is asked.
    """

    offset: float
    least: float
    flag_at: float


class LinkModel(Frozen):
    """Weights of one logistic model over features of what is said and an attribute, as it was fitted.

    The likelihoods of all attributes that something may be said of, and of its being said of none, come to 1.
    `flag_at`, `note_at`: from which likelihood on what differs is flagged, or kept as a note. `unlikely`: below it what
    a detector takes for a statement is none of the registered attribute. `supported_at`: from which likelihood on what
    agrees is told as borne out.
    """

    intercept: float
    weights: Mapping[str, float]
    flag_at: float
    note_at: float
    unlikely: float
    supported_at: float
    read: ReadWeight | None = None


class PassageModel(Frozen):
    """How likely a passage contradicts a registered text, by what a reader of both makes of it, and features.

    Of each passage the `entries` nearest texts are read, as far as they are as near as `nearness`. `stated_at`: the
    reader's log-odds below which what a detector takes for a statement contradicts no such text.
    """

    intercept: float
    weights: Mapping[str, float]
    flag_at: float
    note_at: float
    entries: int
    nearness: float
    stated_at: float | None = None


class LinkModelFile(Frozen):
    """`link_model.yaml`: for numbers, for words of which a thing has only one, and for whole passages that are read.

    `fitted_on` says on what. Without `passages` none is read.
    """

    fitted_on: str
    numbers: LinkModel
    words: LinkModel
    passages: PassageModel | None = None
