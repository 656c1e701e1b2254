// One page for those who have a minute: what came in, what brought it, whether to trust it, what changed.

import { html } from "/planner/vendor/preact-htm.js";
import { channelColor, color, Picture, Sentences, Table, useAnswer, Waiting } from "/planner/parts.js";
import { count, daysAgo, show, showInterval, showPercent, showPeriods, showProbability, toName } from "/planner/words.js";

const OLD_DAYS = 10;
const SHOWN = 26;

export function Executive({ model }) {
  const summary = useAnswer("/v1/summary", model.name);
  const parts = useAnswer("/v1/contributions", model.name);
  const plans = useAnswer("/v1/plans", model.name);
  const time = (n) => showPeriods(n, model.period_days);
  return html`<${Waiting} state=${summary}>${({ result }) => html`
    <section>
      <h2>${result.project}: ${result.first} to ${result.last}</h2>
      <div class="cards">
        <${Kpi} result=${result} time=${time(result.n_periods)} />
        <${Best} result=${result} />
        <${Health} result=${result} note=${model.note} />
        <${Plan} state=${plans} unit=${model.unit} />
      </div>
    </section>
    <section>
      <h3>What brought the ${result.kpi_name}</h3>
      <${Waiting} state=${parts}>${(said) => html`<${Parts} result=${said.result} time=${time} />`}<//>
    </section>
    <section>
      <h3>Channels by return</h3>
      <p>Medians with 94 % intervals over these ${time(result.n_periods)}. What earlier spend still
      brought counts; what this spend brings later does not.</p>
      <${Rank} result=${result} />
    </section>
    <${Changed} changes=${result.changes} />
  `}<//>`;
}

function Kpi({ result, time }) {
  const change = result.kpi_before ? result.kpi / result.kpi_before - 1 : null;
  const media = result.channels.reduce((sum, c) => sum + c.contribution.median, 0);
  return html`<article class="card">
    <h3>${result.kpi_name}</h3>
    <p class="big">${show(result.kpi, result.unit)}</p>
    <p>${change === null
      ? "There are not enough earlier data to compare with."
      : `${change >= 0 ? "+" : ""}${showPercent(change, 1)} on the ${time} before.`}</p>
    <p>About ${showPercent(media / result.kpi)} of it was brought by media.</p>
  </article>`;
}

function Best({ result }) {
  const [best] = result.channels.filter((c) => c.roi);
  if (!best) return html`<article class="card"><h3>Best return</h3><p class="big">not known</p>
    <p>No channel with spend in these days.</p></article>`;
  return html`<article class="card">
    <h3>Best return</h3>
    <p class="big">${toName(best.channel)}</p>
    <p>ROI ${showInterval(best.roi)}.</p>
    <p>That it is the best of all: ${showProbability(best.is_first)}.</p>
  </article>`;
}

function Health({ result, note }) {
  const age = daysAgo(result.last);
  const bad = result.findings.filter((f) => f.severity === "critical" || f.severity === "error");
  const isDoubtful = note || bad.length > 0 || age > OLD_DAYS;
  return html`<article class=${`card ${isDoubtful ? "doubt" : "good"}`}>
    <h3>Health</h3>
    <p class="big">${isDoubtful ? "Look before you rely on it" : "Nothing serious found"}</p>
    <p>Data through ${result.last}${age > OLD_DAYS ? `, which is ${age} days ago` : ""}; the fit explains
      ${" "}${showPercent(result.r2)} of the movement.</p>
    ${note && html`<p>${note}</p>`}
    ${result.findings.length > 0 && html`<details><summary>${count(result.findings.length, "finding")}</summary>
      <ul>${result.findings.map((f) => html`<li><strong>${f.severity}</strong> ${f.what}</li>`)}</ul></details>`}
  </article>`;
}

function Plan({ state, unit }) {
  const plans = state.said?.result.plans ?? [];
  const record = plans.find((plan) => plan.is_of_record);
  const newest = plans.find((plan) => !plan.withdrawn_by);
  return html`<article class="card">
    <h3>Plan of record</h3>
    ${state.error && html`<p class="big">not known</p><p>${state.error.message}</p>`}
    ${state.said && !record && html`<p class="big">none for today</p>
      <p>${newest
        ? `The newest is for ${newest.first} to ${newest.last}, approved by ${newest.by}.`
        : "Approve one in the planner."}</p>`}
    ${record && html`<p class="big">${record.name}</p>
      <p>${record.first} to ${record.last}, ${show(record.total, record.currency)}, approved by ${record.by}.</p>
      <p>It promised ${showInterval(record.promised, unit)} beyond the plan of that day.</p>`}
  </article>`;
}

function Parts({ result, time }) {
  const periods = result.periods.slice(-SHOWN);
  const names = ["baseline", ...result.channels];
  const read = (period, name) => (name === "baseline" ? period.baseline : period.media[name]);
  const build = () => ({
    data: {
      labels: periods.map((p) => p.period),
      datasets: [
        { type: "line", label: "as it was", data: periods.map((p) => p.kpi), borderColor: color("ink"),
          backgroundColor: color("ink"), borderWidth: 1.5, pointRadius: 2, order: 0 },
        ...names.map((name, i) => ({
          type: "bar", label: toName(name), data: periods.map((p) => read(p, name)), stack: "parts", order: 1,
          backgroundColor: i ? channelColor(i - 1) : color("base"),
        })),
      ],
    },
    options: {
      scales: { x: { stacked: true, grid: { display: false } }, y: { stacked: true, title: { display: true, text: result.unit } } },
      plugins: { legend: { position: "bottom", labels: { boxWidth: 12 } } },
    },
  });
  const table = html`<${Table} caption="Parts of the KPI by period" isQuiet=${true}
    head=${["Period", "as it was", ...names.map(toName)]}
    rows=${periods.map((p) => [p.period, show(p.kpi), ...names.map((name) => show(read(p, name)))])} />`;
  return html`<${Picture} label=${`The last ${time(periods.length)} taken apart, posterior means`}
    build=${build} of=${result} table=${table} />`;
}

function Rank({ result }) {
  const rows = result.channels.map((c) => [
    toName(c.channel),
    c.roi ? showInterval(c.roi) : "none without spend",
    c.roi ? showProbability(c.is_first) : "",
    showInterval(c.contribution, result.unit),
    c.spend === null ? "no spend known" : show(c.spend, result.currency),
    c.doubt || "none",
  ]);
  return html`<${Table} caption="Channels, best return first" isQuiet=${true} rows=${rows}
    head=${["Channel", "ROI", "Is the best", "Brought", "Spend", "Doubt"]} />`;
}

function Changed({ changes }) {
  return html`<section>
    <h3>What changed</h3>
    ${changes === null
      ? html`<p>No report compares this version with one before it.</p>`
      : html`<p>Against version ${changes.before}:</p>
        <${Sentences} said=${changes.steps} />
        <${Table} caption="ROI before and after" isQuiet=${true}
          head=${["Channel", "before", "after", "mostly moved by"]}
          rows=${changes.roi.map((m) => [toName(m.channel), show(m.before), show(m.after), nameCause(m)])} />`}
  </section>`;
}

function nameCause({ before, after, noise, causes }) {
  if (noise !== null && Math.abs(after - before) < 2 * noise) return "no more than another seed moves it";
  const [first] = Object.entries(causes).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  return first ? toName(first[0]) : "not known";
}
