"""By which words what sellers assert and promise is compared: effects, papers, prices, service (`wording.yaml`)."""

from claims.policy.words import EntryNames, Regex, Word, Words
from claims.types import Frozen


class EffectsWording(Frozen):
    """Effects and functions; `special`: each that needs its own registration, with the words that say it."""

    special: dict[Word, Words]
    overdone: Words
    plain: Words
    stems: Words
    same: dict[Word, Word]
    entries: Words
    functions: EntryNames
    no_function: str
    measured_texts: Words
    measured_values: Words


class PapersWording(Frozen):
    """Certificates, patents, honours, endorsers and reports."""

    certified: Words
    certified_by: dict[Word, Word]
    organic: Words
    categories: dict[Word, Word]
    patent_kinds: Words
    patent_number: Regex
    patent_entries: Words
    applied_for: Words
    not_of_kind: Words
    patent_boasts: Words
    number_stated: Words
    honours: Words
    honour_entries: Words
    of_old: Words
    endorses: Words
    endorsers: EntryNames
    limits: Words


class PriceWording(Frozen):
    """What kind of price is said, and when it held."""

    suggested: Words
    listed: Words = Words()
    later: Words
    not_later: Words
    past_sale: Words
    hundreds: Words
    saved: Words
    not_saved: Words
    lowest_ever: Words


class PromisesWording(Frozen):
    """Warranty, returns and gifts."""

    warranty: Words
    not_warranty: Words
    lifelong: Words
    lifelong_registered: Words
    returns: Words
    gifts: Words
    vague_gift: Words
    worth: Words


class ExemptionsWording(Frozen):
    """What a record clears: registered effects, reports that are cited, prices of the shop itself."""

    disinfects: Words
    reports: Words
    own_shop: Words
    whole_market: Words


class FactsWording(Frozen):
    """What the platform's facts are held against."""

    beyond_the_day: Words
