"""Whether a secret of the environment is anywhere in what a project leaves behind.

A real project is run by its commands, its daemon and its API while everything it wants to reach
takes the secret, refuses it and says it back. Then every byte of its folder is searched, and all
that was printed. A secret that nothing used could not leak: for each there is a proof of its use.
"""

import base64
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, quote_plus

import dagster as dg
import httpx

from benchmarks.history import clear_folder
from benchmarks.ops.contents import open_file
from benchmarks.ops.figure import Figure
from benchmarks.ops.kills import ROOT, serve, wait_for_reaper
from benchmarks.ops.refusers import Refusers, run_refusers
from benchmarks.processes import MMM, OWN_SETTINGS
from mmm_orchestration.alerting.telling import open_outbox
from mmm_orchestration.home import Home
from mmm_orchestration.runner import open_instance
from tests.api.project import run_server
from tests.flow.small_project import write_small_project

FIRST, N_DAYS = date(2026, 3, 2), 44
N_TICKS = 3
LIMIT_SECONDS = 300
SETTINGS = """\
model:
  grain: day
  trend: none
  yearly_order: 0
  weekly_order: 1
  max_lag_days: 7
  sampler: {draws: 400, tune: 500, chains: 2}
gates: {r_hat: 1.1, ess: 100, divergences: 200}
alerts:
  allow_internal: true
  targets:
    - {name: slack, url_env: OPS_SLACK}
    - {name: mail, url_env: OPS_MAIL}
    - {name: pager, url_env: OPS_PAGER}
    - {name: hook, url_env: OPS_HOOK}
reports:
  recipients: [ann@example.com]
  sender: mmm@example.com
  smtp:
    {host: localhost, port: %d, username_env: OPS_SMTP_USER, password_env: OPS_SMTP_PASSWORD}
api: {keys_env: OPS_API_KEYS}
"""
CLOUD = """\
lake:
  uri: s3://bucket/lake
  storage_options_env: {aws_access_key_id: OPS_CLOUD_ID, aws_secret_access_key: OPS_CLOUD_KEY}
"""
# Each secret has marks that quoting changes, and enough letters that no chance makes it.
SECRETS: Mapping[str, str] = {
    "MLflow password": "mlf+Zq7/W9xK2vT",
    "Slack token": "Xk3vQ9ZtB7mWp2LsYd8RhJfN",
    "mail password": "mai+Lr8/U5yC3nE",
    "PagerDuty key": "pdK4wNz8Tq1vJx6HsGb3MyRc",
    "webhook token": "whk+Fj2/D6sB9mQ",
    "Postgres password": "pgs+Hn5/Y4tG8rV",
    "cloud key": "cld+Pw1/X3zJ7kS",
    "SMTP password": "smt+Bv6/N2hL4dM",
    "API key": "api+Tc9/R8gF5jZ-Wn4kB7xQ2vL6mD3h",
}


# those whose secret goes encrypted to a public address, of which no server here can be told
TARGETS: Mapping[str, str] = {"slack": "Slack token", "pager": "PagerDuty key"}


@dataclass(frozen=True)
class Leak:
    """A secret in some form in a file, or in what a command printed."""

    secret: str
    form: str
    where: str

    def __str__(self) -> str:
        return f"{self.secret} ({self.form}) in {self.where}"


def list_forms(secret: str) -> dict[str, bytes]:
    """The secret as written, as addresses quote it, and as base64 has it at any offset."""
    forms = {
        "plain": secret.encode(),
        "quoted": quote(secret, safe="").encode(),
        "quoted with /": quote(secret).encode(),
        "quoted as a form": quote_plus(secret).encode(),
    }
    for offset in range(3):
        for name, encode in (
            ("base64", base64.b64encode),
            ("base64 of addresses", base64.urlsafe_b64encode),
        ):
            # the first and last letters also depend on the bytes around the secret
            text = encode(b"\0" * offset + secret.encode())
            first, spare = (0, 2, 3)[offset], (offset + len(secret)) % 3
            forms[f"{name}, offset {offset}"] = text[first : len(text) - (4 if spare else 0)]
    return forms


@cache
def _list_forms_once(secret: str) -> tuple[tuple[str, bytes], ...]:
    return tuple(list_forms(secret).items())


def search(content: bytes, *, where: str, secrets: Mapping[str, str] = SECRETS) -> list[Leak]:
    """Every secret that is in `content` in any form."""
    return [
        Leak(name, form, where)
        for name, secret in secrets.items()
        for form, text in _list_forms_once(secret)
        if text in content
    ]


def search_folder(folder: Path, *, secrets: Mapping[str, str] = SECRETS) -> tuple[list[Leak], int]:
    """The leaks in files below the folder, also in their names, and how many bytes were read.

    Databases, Parquet files, archives and PDFs are opened, deflated events are read as text.
    """
    leaks, n_bytes = list[Leak](), 0
    for path in sorted(folder.rglob("*")):
        leaks += search(os.fsencode(path.name), where=f"the name of {path}", secrets=secrets)
        if path.is_file() and not path.is_symlink():
            n_bytes += path.stat().st_size
            own = str(path.relative_to(folder))
            for place, content in open_file(path):
                leaks += search(content, where=f"{own}{place}", secrets=secrets)
    return leaks, n_bytes


def plant(refusers: Refusers) -> dict[str, str]:
    """The environment in which everything the project wants to reach refuses."""
    own = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    quoted = {name: quote(secret, safe="") for name, secret in SECRETS.items()}
    web = f"127.0.0.1:{refusers.web}"
    return own | {
        "PYTHONPATH": str(ROOT),
        "HTTP_PROXY": f"http://{web}",  # nothing leaves this machine
        "HTTPS_PROXY": f"http://{web}",
        "NO_PROXY": "127.0.0.1,localhost",
        "SSL_CERT_FILE": str(refusers.certificate),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "AWS_ENDPOINT_URL": f"http://{web}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-west-1",
        "OPS_SLACK": f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRETS['Slack token']}/#ops",
        "OPS_MAIL": f"mailto://ann:{quoted['mail password']}@example.com:{refusers.mail}"
        "?smtp=127.0.0.1&mode=insecure&to=bob@example.com",
        "OPS_PAGER": f"pagerduty://{SECRETS['PagerDuty key']}@{SECRETS['PagerDuty key']}",
        "OPS_HOOK": f"json://ann:{quoted['webhook token']}@{web}/{quoted['webhook token']}",
        "OPS_SMTP_USER": "ann",
        "OPS_SMTP_PASSWORD": SECRETS["SMTP password"],
        "OPS_CLOUD_ID": "cloud-user",
        "OPS_CLOUD_KEY": SECRETS["cloud key"],
        "OPS_API_KEYS": f"bot:read:{SECRETS['API key']}",
    }


def list_commands(refusers: Refusers) -> Iterator[tuple[Sequence[str], Mapping[str, str]]]:
    """The commands, each with what its environment has besides; some must fail."""
    quoted = {name: quote(secret, safe="") for name, secret in SECRETS.items()}
    mlflow = {
        "MLFLOW_TRACKING_URI": f"http://ann:{quoted['MLflow password']}@127.0.0.1:{refusers.web}"
    }
    last = FIRST + timedelta(days=N_DAYS - 1)
    elsewhere = {
        "MMM_POSTGRES_URL": f"postgresql+psycopg2://ann:{quoted['Postgres password']}"
        f"@127.0.0.1:{refusers.database}/dagster",
        "DAGSTER_HOME": "postgres_home",
    }
    cloud = {"MMM_PROJECT": "cloud"}
    yield ["run", "--from", str(FIRST), "--to", str(last)], {}
    for name in (["doctor"], ["alerts", "test"], ["weekly", "--send"], ["alerts"], ["models"]):
        yield name, {}
    yield ["run", "--from", str(last), "--to", str(last)], mlflow
    yield ["models"], mlflow
    yield ["doctor"], mlflow | elsewhere
    yield ["run", "--from", str(last), "--to", str(last)], elsewhere
    for name in (["doctor"], ["run", "--from", str(last), "--to", str(last)]):
        yield name, cloud


def run_all(home: Home, *, refusers: Refusers) -> dict[str, int]:
    """The exit code of each command; what it prints lies in the folder of the project."""
    codes = dict[str, int]()
    for number, (words, more) in enumerate(list_commands(refusers)):
        settings = {**plant(refusers), **more}
        if name := more.get("DAGSTER_HOME"):
            settings["DAGSTER_HOME"] = str(home.base / name)
        project = home.base / settings.pop("MMM_PROJECT", "") / "mmm.yaml"
        with (home.base / f"printed_{number}.log").open("wb") as output:
            ended = subprocess.run(
                [MMM, "--project", str(project), *words],
                cwd=project.parent, env=settings, stdout=output, stderr=subprocess.STDOUT,
                timeout=LIMIT_SECONDS, check=False,
            )  # fmt: skip
        codes[f"{number} {' '.join(words[:2])}"] = ended.returncode
    return codes


def measure(folder: Path) -> tuple[Figure, ...]:
    """Secrets found in what the project left behind."""
    home = write_small_project(clear_folder(folder / "project"), first=FIRST, n_days=N_DAYS)
    cloud = clear_folder(home.base / "cloud")
    write_small_project(cloud, first=FIRST, n_days=N_DAYS)
    before = dict(os.environ)
    with run_refusers(clear_folder(folder / "servers")) as refusers:
        settings = SETTINGS % refusers.mail
        for place, more in ((home.base, settings), (cloud, CLOUD)):
            with (place / "mmm.yaml").open("a", encoding="utf-8") as file:
                file.write(more)
        codes = run_all(home, refusers=refusers)
        os.environ.update(plant(refusers))
        try:
            used = {"API key"} if is_key_used(home) else set[str]()
            with serve(home) as log, open_instance(home) as instance:
                wait_for_reaper(instance, log=log)
                n_ticks = wait_for_alerts(instance)
        finally:
            os.environ.clear()
            os.environ.update(before)
        used |= find_used(home, told=refusers.list_told())
    leaks, n_bytes = search_folder(home.base)
    unused = sorted(set(SECRETS) - used)
    return (judge(leaks, n_bytes=n_bytes, codes=codes, n_ticks=n_ticks, unused=unused),)


def is_key_used(home: Home) -> bool:
    """Whether the API answers to the key, and refuses a request without and one with another."""
    with run_server(home) as (url, _):
        answered = [
            httpx.get(f"{url}/v1/models", headers=headers, trust_env=False).status_code
            for headers in (
                {"authorization": f"Bearer {SECRETS['API key']}"},
                {"authorization": f"Basic {SECRETS['API key']}"},
                {},
            )
        ]
    return answered == [HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, HTTPStatus.UNAUTHORIZED]


def find_used(home: Home, *, told: bytes) -> set[str]:
    """The secrets that came to a server, signed a request, or stand in a target that failed."""
    used = {leak.secret for leak in search(told, where="")}
    if b"Credential=cloud-user/" in told:
        used.add("cloud key")
    outbox = open_outbox(home)
    troubles = {target for target in TARGETS if outbox.find_trouble(target) is not None}
    return used | {TARGETS[target] for target in troubles}


def wait_for_alerts(instance: dg.DagsterInstance) -> int:
    """The ticks of the alert sensor that the daemon made, which should be several."""
    deadline, n_ticks = time.monotonic() + LIMIT_SECONDS, 0
    while time.monotonic() < deadline and n_ticks < N_TICKS:
        time.sleep(1)
        n_ticks = sum(
            len(instance.get_ticks(state.instigator_origin_id, state.selector_id))
            for state in instance.all_instigator_state()
            if "alert" in state.instigator_name
        )
    return n_ticks


def judge(
    leaks: Sequence[Leak],
    *,
    n_bytes: int,
    codes: Mapping[str, int],
    n_ticks: int,
    unused: Sequence[str],
) -> Figure:
    """The row; what was not used, or in a project whose first run failed, could not have leaked."""
    failed = [name for name, code in codes.items() if code]
    first = next(iter(codes), "")
    is_ok = not (leaks or unused) and first not in failed and len(failed) > 1 and n_ticks >= N_TICKS
    told = "; ".join(map(str, leaks[:5])).replace("|", "/")
    return Figure(
        f"{len(SECRETS)} secrets of the environment",
        "0 found, all of them used",
        f"{len(leaks)} found in {n_bytes / 1e6:.0f} MB"
        + (f": {told}" if told else "")
        + (f"; not used: {', '.join(unused)}" if unused else "; all used"),
        is_ok,
        f"{len(codes)} commands with a day's chain, a fit, alerts and the weekly report, of which "
        f"{len(failed)} failed ({', '.join(failed)}), {n_ticks} ticks of alerts in a daemon and "
        "questions to the API, while servers on loopback took each secret, refused it and said it "
        "back; every file of the project and all that was printed, cells of databases, deflated "
        "events, Parquet, archives and PDFs opened, searched for each secret plain, quoted and in "
        "base64",
    )
