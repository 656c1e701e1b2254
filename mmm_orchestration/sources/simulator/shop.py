"""The shop's orders: the daily KPI split into orders that add up to it, to the penny.

Belongs here: orders, refunds, cancellations and Shopify's orders export. Must not: media.

Per day, the sum over its orders of total minus refund is the KPI. About 3 % of orders are partly
refunded some days later, and 2 % more are cancelled within hours and refunded in full.
Days are days in London; some orders are placed just after midnight, in summer the day before UTC.
"""

import numpy as np
import polars as pl

from mmm_orchestration.sources.simulator.world import World, make_rng

ZONE = "Europe/London"
_HEAD_LINE = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,"
    "Cancelled at"
)
_HEAD = _HEAD_LINE.split(",")
_ITEMS = pl.Series(["Oak desk, 140 cm", 'Armchair "Nora"', "Floor lamp", "Linen sofa, 3 seats"])
_BLANK = pl.lit(None, dtype=pl.String)
_FREE_SHIPPING_FROM = 5_000
_SHIPPING = 495


def make_orders(world: World) -> pl.DataFrame:
    """One row per order in the order of placing; money in whole pence.

    `total` is what was charged; `refund` what went back by now, equal to `total` where the order
    was cancelled. Per date the sum of `total - refund` is the KPI.
    """
    rng = make_rng(world.seed, "orders")
    kpi = (world.kpi["kpi"].to_numpy() * 100).round().astype(np.int64)
    n_kept = np.maximum(8, (kpi / 56_000 * np.exp(rng.normal(0, 0.08, len(kpi))))).astype(np.int64)
    n_cancelled = rng.binomial(n_kept, 0.02)
    kept = _split_kpi(world, kpi=kpi, n_orders=n_kept, rng=rng)
    cancelled = _draw_cancelled(world, n_orders=n_cancelled, rng=rng)
    orders = pl.concat([kept, cancelled])
    orders = orders.with_columns(second=_draw_seconds(len(orders), rng))
    placed = pl.duration(seconds="second")
    orders = orders.with_columns(
        created=(pl.col("date").cast(pl.Datetime("us")) + placed).dt.replace_time_zone(ZONE),
        has_second_line=pl.Series(rng.random(len(orders)) < 0.3),
        item=_ITEMS.gather(rng.integers(0, len(_ITEMS), len(orders))),
    ).join(world.controls.select("date", "promotion"), on="date", how="left", validate="m:1")
    return orders.sort("created", maintain_order=True).with_row_index("number", offset=100_001)


def write_orders(orders: pl.DataFrame, *, with_refunds: bool) -> str:
    """Shopify's orders export; without refunds it shows the orders as first delivered.

    An order of two items spans two lines, with the order's totals only on the first.
    """
    shown = orders.with_columns(
        refund=pl.when(pl.col("is_cancelled") | with_refunds).then("refund").otherwise(0)
    ).with_columns(shipping=_shipping_expr())
    subtotal = pl.col("total") - pl.col("shipping")
    rate = pl.col("promotion") / 100
    shown = shown.with_columns(
        subtotal=subtotal, discount=(subtotal * rate / (1 - rate)).round().cast(pl.Int64)
    )
    second = (0.2 * (pl.col("subtotal") + pl.col("discount"))).round().cast(pl.Int64)
    shown = shown.with_columns(second_price=pl.when("has_second_line").then(second).otherwise(0))
    lines = pl.concat(
        [
            shown.select("number", part=pl.lit(0), **_first_line()),
            shown.filter("has_second_line").select("number", part=pl.lit(1), **_second_line()),
        ]
    ).sort("number", "part")
    return lines.select(_HEAD).write_csv()


def _split_kpi(
    world: World, *, kpi: np.ndarray, n_orders: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Orders kept, whose totals less refunds add up to the KPI of their day."""
    day = np.repeat(np.arange(len(kpi)), n_orders)
    weight = rng.gamma(2.5, size=len(day))
    running = np.cumsum(weight)
    ends = np.cumsum(n_orders) - 1
    before = np.concatenate([[0.0], running[ends[:-1]]])
    of_day = (running - before[day]) / (running[ends] - before)[day]
    cumulative = np.round(of_day * kpi[day]).astype(np.int64)
    cumulative[ends] = kpi
    net = np.diff(cumulative, prepend=0)
    starts = ends - n_orders + 1
    net[starts] = cumulative[starts]
    is_refunded = rng.random(len(day)) < 0.03
    refund = np.where(is_refunded, (net * rng.uniform(0.05, 0.4, len(day))), 0).astype(np.int64)
    return _order_frame(world, day=day, total=net + refund, refund=refund, is_cancelled=False)


def _draw_cancelled(
    world: World, *, n_orders: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    day = np.repeat(np.arange(len(n_orders)), n_orders)
    total = (56_000 * rng.gamma(2.5, 1 / 2.5, len(day))).astype(np.int64) + 500
    return _order_frame(world, day=day, total=total, refund=total, is_cancelled=True)


def _order_frame(
    world: World, *, day: np.ndarray, total: np.ndarray, refund: np.ndarray, is_cancelled: bool
) -> pl.DataFrame:
    dates = world.kpi["date"].gather(day)
    money = {"total": total, "refund": refund}
    return pl.DataFrame({"date": dates, **money}).with_columns(is_cancelled=pl.lit(is_cancelled))


def _draw_seconds(n_orders: int, rng: np.random.Generator) -> pl.Series:
    """Seconds after midnight: most between 7 and 23 o'clock, some in the first hour."""
    by_day = 3600 * (7 + 16 * rng.beta(2.2, 1.6, n_orders))
    by_night = rng.uniform(300, 3_300, n_orders)
    return pl.Series(np.where(rng.random(n_orders) < 0.03, by_night, by_day).astype(np.int64))


def _shipping_expr() -> pl.Expr:
    charged = pl.min_horizontal(pl.lit(_SHIPPING), "total")
    return pl.when(pl.col("total") >= _FREE_SHIPPING_FROM).then(0).otherwise(charged)


def _money_expr(pence: pl.Expr) -> pl.Expr:
    """Whole pence as text in pounds with two decimals."""
    cents = (pence % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str((pence // 100).cast(pl.String), pl.lit("."), cents)


def _moment_expr(*, minutes: int = 0) -> pl.Expr:
    return (pl.col("created") + pl.duration(minutes=minutes)).dt.strftime("%Y-%m-%d %H:%M:%S %z")


def _first_line() -> dict[str, pl.Expr]:
    total, refund = pl.col("total"), pl.col("refund")
    status = (
        pl.when(refund == 0)
        .then(pl.lit("paid"))
        .when(refund == total)
        .then(pl.lit("refunded"))
        .otherwise(pl.lit("partially_refunded"))
    )
    is_sale = pl.col("promotion") > 0
    cancelled_at = pl.when("is_cancelled").then(_moment_expr(minutes=90)).otherwise(_BLANK)
    before = pl.col("subtotal") + pl.col("discount")
    cells = {
        **_both_lines(),
        "Financial Status": status,
        "Paid at": _moment_expr(minutes=10),
        "Fulfillment Status": pl.when("is_cancelled").then(_BLANK).otherwise(pl.lit("fulfilled")),
        "Fulfilled at": _BLANK,
        "Accepts Marketing": pl.lit("no"),
        "Currency": pl.lit("GBP"),
        "Subtotal": _money_expr(pl.col("subtotal")),
        "Shipping": _money_expr(pl.col("shipping")),
        "Taxes": pl.lit("0.00"),
        "Total": _money_expr(total),
        "Discount Code": pl.when(is_sale)
        .then(pl.format("SAVE{}", pl.col("promotion").cast(pl.Int64)))
        .otherwise(_BLANK),
        "Discount Amount": _money_expr(pl.col("discount")),
        "Shipping Method": pl.lit("Standard"),
        "Created at": _moment_expr(),
        "Lineitem name": pl.col("item"),
        "Lineitem price": _money_expr(before - pl.col("second_price")),
        "Lineitem sku": pl.lit("SKU-A"),
        "Refunded Amount": _money_expr(refund),
        "Cancelled at": cancelled_at,
    }
    return {column: cells[column] for column in _HEAD}


def _second_line() -> dict[str, pl.Expr]:
    return {
        **dict.fromkeys(_HEAD, _BLANK),
        **_both_lines(),
        "Lineitem name": pl.lit("Cushion"),
        "Lineitem price": _money_expr(pl.col("second_price")),
        "Lineitem sku": pl.lit("SKU-B"),
    }


def _both_lines() -> dict[str, pl.Expr]:
    return {
        "Name": pl.format("#{}", "number"),
        "Email": pl.format("c{}@example.com", "number"),
        "Lineitem quantity": pl.lit("1"),
    }
