"""The words of the platforms: column names in seven languages, totals, periods, currencies.

Belongs here: data and its look-up. Must not: reading. English, French, German, Spanish,
Italian, Dutch and Portuguese; names are compared without accents, case and punctuation.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

Names = Mapping[str, tuple[str, ...]]

# canonical column -> language -> names, the preferred first.
VOCABULARY: Mapping[str, Names] = {
    "date": {
        "en": ("day", "by day", "date", "gregorian date", "start date", "stat time day"),
        "fr": ("jour", "par jour", "date", "date de debut"),
        "de": ("tag", "nach tag", "datum", "startdatum"),
        "es": ("dia", "por dia", "fecha", "fecha de inicio"),
        "it": ("giorno", "data", "data di inizio"),
        "nl": ("dag", "datum", "begindatum", "startdatum"),
        "pt": ("dia", "por dia", "data", "data de inicio"),
    },
    "period_start": {
        "en": ("reporting starts", "reporting start"),
        "fr": ("debut des rapports", "debut du rapport"),
        "de": ("berichtsbeginn", "beginn des berichts"),
        "es": ("inicio del informe",),
        "it": ("inizio del report", "inizio rapporto", "inizio report"),
        "nl": ("rapportage begint", "begin van rapport"),
        "pt": ("inicio dos relatorios", "inicio do relatorio"),
    },
    "period_end": {
        "en": ("reporting ends", "reporting end"),
        "fr": ("fin des rapports", "fin du rapport"),
        "de": ("berichtsende", "ende des berichts"),
        "es": ("fin del informe",),
        "it": ("fine del report", "fine rapporto", "fine report"),
        "nl": ("rapportage eindigt", "einde van rapport"),
        "pt": ("termino dos relatorios", "fim do relatorio"),
    },
    "campaign": {
        "en": ("campaign name", "campaign"),
        "fr": ("nom de la campagne", "campagne"),
        "de": ("kampagnenname", "name der kampagne", "kampagne"),
        "es": ("nombre de la campana", "nombre de campana", "campana"),
        "it": ("nome campagna", "nome della campagna", "campagna"),
        "nl": ("campagnenaam", "naam van campagne", "campagne"),
        "pt": ("nome da campanha", "campanha"),
    },
    "campaign_id": {
        "en": ("campaign id",),
        "fr": ("id de campagne", "id de la campagne", "identifiant de la campagne"),
        "de": ("kampagnen id", "kampagnenkennung"),
        "es": ("id de campana", "identificador de la campana", "id de la campana"),
        "it": ("id campagna", "id della campagna"),
        "nl": ("campagne id",),
        "pt": ("id da campanha", "identificacao da campanha"),
    },
    "currency": {
        "en": ("currency code", "currency"),
        "fr": ("code de la devise", "code devise", "devise"),
        "de": ("wahrungscode", "wahrung"),
        "es": ("codigo de moneda", "moneda", "divisa"),
        "it": ("codice valuta", "valuta"),
        "nl": ("valutacode", "valuta"),
        "pt": ("codigo da moeda", "moeda"),
    },
    "spend": {
        "en": ("cost", "spend", "amount spent", "total spent", "total cost"),
        "fr": ("cout", "depense", "depenses", "montant depense", "total depense"),
        "de": ("kosten", "ausgaben", "ausgegebener betrag", "gesamtausgaben"),
        "es": ("coste", "costo", "gasto", "importe gastado", "total gastado", "inversion"),
        "it": ("costo", "spesa", "importo speso", "totale speso"),
        "nl": ("kosten", "uitgaven", "besteed bedrag", "totaal besteed"),
        "pt": ("custo", "gasto", "valor gasto", "valor usado", "total gasto", "investimento"),
    },
    "impressions": {
        "en": ("impressions", "impr"),
        "fr": ("impressions", "impr"),
        "de": ("impressionen", "impr"),
        "es": ("impresiones", "impr"),
        "it": ("impressioni", "visualizzazioni", "impr"),
        "nl": ("impressies", "weergaven", "vertoningen", "impr"),
        "pt": ("impressoes", "impr"),
    },
    "clicks": {
        "en": ("clicks", "clicks all", "clicks destination", "link clicks"),
        "fr": ("clics", "clics tous", "clics sur un lien"),
        "de": ("klicks", "klicks alle", "link klicks"),
        "es": ("clics", "clics todos", "clics en el enlace"),
        "it": ("clic", "clic tutti", "clic sul link"),
        "nl": ("klikken", "klikken alle", "klikken op link"),
        "pt": ("cliques", "cliques todos", "cliques no link"),
    },
    "reach": {
        "en": ("reach",),
        "fr": ("couverture",),
        "de": ("reichweite",),
        "es": ("alcance",),
        "it": ("copertura",),
        "nl": ("bereik",),
        "pt": ("alcance",),
    },
    "frequency": {
        "en": ("frequency",),
        "fr": ("repetition",),
        "de": ("frequenz",),
        "es": ("frecuencia",),
        "it": ("frequenza",),
        "nl": ("frequentie",),
        "pt": ("frequencia",),
    },
    "conversions": {
        "en": ("conversions", "purchases", "results", "14 day total orders", "7 day total orders"),
        "fr": ("conversions", "achats", "resultats"),
        "de": ("conversions", "kaufe", "ergebnisse"),
        "es": ("conversiones", "compras", "resultados"),
        "it": ("conversioni", "acquisti", "risultati"),
        "nl": ("conversies", "aankopen", "resultaten"),
        "pt": ("conversoes", "compras", "resultados"),
    },
    "conversion_value": {
        "en": (
            "conv value",
            "conversion value",
            "purchases conversion value",
            "revenue",
            "total conversion value",
            "14 day total sales",
            "7 day total sales",
        ),
        "fr": ("valeur de conv", "valeur de conversion", "valeur de conversion des achats"),
        "de": ("conv wert", "conversion wert", "conversion wert fur kaufe"),
        "es": ("valor de conv", "valor de conversion", "valor de conversion de compras"),
        "it": ("valore di conv", "valore di conversione", "valore di conversione degli acquisti"),
        "nl": ("conv waarde", "conversiewaarde", "conversiewaarde van aankopen"),
        "pt": ("valor da conv", "valor da conversao", "valor de conversao da compra"),
    },
    "sessions": {
        "en": ("sessions",),
        "fr": ("sessions",),
        "de": ("sitzungen",),
        "es": ("sesiones",),
        "it": ("sessioni",),
        "nl": ("sessies",),
        "pt": ("sessoes",),
    },
    "key_events": {
        "en": ("key events", "conversions"),
        "fr": ("evenements cles", "conversions"),
        "de": ("schlusselereignisse", "conversions"),
        "es": ("eventos clave", "conversiones"),
        "it": ("eventi chiave", "conversioni"),
        "nl": ("belangrijke gebeurtenissen", "conversies"),
        "pt": ("eventos principais", "conversoes"),
    },
    "revenue": {
        "en": ("total revenue", "revenue", "purchase revenue"),
        "fr": ("revenu total", "chiffre d affaires total"),
        "de": ("gesamtumsatz", "umsatz insgesamt"),
        "es": ("ingresos totales",),
        "it": ("entrate totali",),
        "nl": ("totale opbrengst",),
        "pt": ("receita total",),
    },
}
SHOP_WORDS: Mapping[str, Names] = {
    "order_name": {"en": ("name",)},
    "created_at": {"en": ("created at",)},
    "currency": {"en": ("currency",)},
    "financial_status": {"en": ("financial status",)},
    "subtotal": {"en": ("subtotal",)},
    "shipping": {"en": ("shipping",)},
    "taxes": {"en": ("taxes",)},
    "total": {"en": ("total",)},
    "discount": {"en": ("discount amount",)},
    "refunded": {"en": ("refunded amount",)},
    "cancelled_at": {"en": ("cancelled at",)},
    "item": {"en": ("lineitem name",)},
    "item_quantity": {"en": ("lineitem quantity",)},
    "item_price": {"en": ("lineitem price",)},
}
TOTALS = (
    r"(?i)^(?:grand |sub)?(?:totals?|totales|totali|totale|totaal|totaux|total general|gesamt|"
    r"gesamtsumme|gesamtergebnis|summe|insgesamt|eindtotaal)(?:\s*[:\-–(].*| (?:of|de) \d.*)?$"
)
FOOTER = r"(?i)^(?:©|\(c\)\s*\d{4}|copyright\b|-{3,}$|={3,}$)"
OTHER_PERIODS = (
    "week",
    "month",
    "semaine",
    "mois",
    "woche",
    "monat",
    "semana",
    "mes",
    "settimana",
    "mese",
    "maand",
    "quarter",
    "year",
    "nth day",
    "hour",
)
TIME_ZONE = re.compile(r"\((?:in |en |em )?(UTC)\)|^\W*Time Zone: (.+?)\W*$", re.IGNORECASE)
_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN
BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD
FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY
KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
ZWG
"""
CURRENCIES = frozenset(_CODES.split())
_LETTER = re.compile(r"[^\W\d_]")
_SUFFIX = re.compile(r"\s*\(\s*(?:(?P<code>[A-Z]{3})|(?:in |en |em )UTC|UTC)\s*\)\s*$")


@dataclass(frozen=True)
class HeaderMap:
    """What the header of a file says: canonical column -> index, language, currency, zone."""

    index: Mapping[str, int]
    language: str | None
    currency: str | None

    def rest(self, width: int) -> list[int]:
        """The indexes without a canonical name."""
        taken = set(self.index.values())
        return [i for i in range(width) if i not in taken]


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """A column name without accents, case, punctuation and a trailing "(GBP)" or "(in UTC)"."""
    if not _LETTER.search(name):
        return ""
    code = _SUFFIX.search(name)
    if code and (code["code"] is None or code["code"] in CURRENCIES):
        name = name[: code.start()]
    plain = name.casefold()
    if not plain.isascii():
        folded = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", plain).strip()


def read_header(header: Iterable[str], *, words: Mapping[str, Names]) -> HeaderMap:
    """The canonical columns of a header, its language where its words tell, its currency.

    Where several columns could be one canonical column, the name listed first is taken.
    """
    names = list(header)
    folded = [fold_name(n) for n in names]
    index: dict[str, int] = {}
    for canonical, by_language in words.items():
        ranked = _rank(by_language)
        found = [(ranked[n], i) for i, n in enumerate(folded) if n in ranked]
        free = [(rank, i) for rank, i in found if i not in index.values()]
        if free:
            index[canonical] = min(free)[1]
    codes = {m["code"] for i in index.values() if (m := _SUFFIX.search(names[i])) and m["code"]}
    known = codes & CURRENCIES
    return HeaderMap(
        index=index,
        language=_guess_language([folded[i] for i in index.values()], words=words),
        currency=known.pop() if len(known) == 1 else None,
    )


def make_counter(words: Mapping[str, Names]) -> Callable[[Iterable[str]], int]:
    """A function that counts the canonical columns among the cells of a line."""
    canonical = {
        name: column for column, by in words.items() for names in by.values() for name in names
    }

    def count_known(cells: Iterable[str]) -> int:
        return len({canonical[n] for n in map(fold_name, cells) if n in canonical})

    return count_known


def _rank(by_language: Names) -> dict[str, int]:
    ranked: dict[str, int] = {}
    for names in by_language.values():
        for rank, name in enumerate(names):
            ranked[name] = min(rank, ranked.get(name, rank))
    return ranked


def _guess_language(names: Iterable[str], *, words: Mapping[str, Names]) -> str | None:
    """The language most names belong to alone, or None when no name tells or two languages tie."""
    votes: Counter[str] = Counter()
    for name in names:
        languages = {lg for by in words.values() for lg, known in by.items() if name in known}
        if len(languages) == 1:
            votes.update(languages)
    best = votes.most_common(2)
    if not best or (len(best) == 2 and best[0][1] == best[1][1]):
        return None
    return best[0][0]
