// What a steady level of spend brings per period, channel by channel.

import { html, useState } from "/planner/vendor/preact-htm.js";
import { channelColor, color, Picture, Table, useAnswer, Waiting } from "/planner/parts.js";
import { show, showInterval, toName } from "/planner/words.js";

export function Curves({ model }) {
  const state = useAnswer("/v1/curves", model.name);
  return html`<section>
    <h2>Response curves</h2>
    <p>What a steady level per period brings per period, once its carry-over has come. The band holds 94 %
    of the posterior draws. Right of the largest level that was ever tried the curve is extrapolated and
    drawn with dashes.</p>
    <${Waiting} state=${state}>${({ result }) => html`<${Chosen} result=${result} model=${model} />`}<//>
  </section>`;
}

function Chosen({ result, model }) {
  const [name, setName] = useState(result.curves[0].channel);
  const place = result.curves.findIndex((curve) => curve.channel === name);
  const curve = result.curves[place];
  return html`
    <label class="field">Channel
      <select value=${name} onChange=${(e) => setName(e.target.value)}>
        ${result.curves.map((c) => html`<option value=${c.channel}>${toName(c.channel)}</option>`)}
      </select>
    </label>
    <${Curve} key=${name} curve=${curve} unit=${result.unit} tone=${channelColor(place)}
      today=${curve.unit === model.currency ? model.today[name] : undefined} />`;
}

function Curve({ curve, unit, tone, today }) {
  const isKnown = (point) => point.level <= curve.observed_max;
  const edge = curve.points.filter(isKnown).length;
  const line = (field) => curve.points.map((p) => ({ x: p.level, y: p[field] }));
  const hasToday = today !== undefined;
  const build = () => ({
    type: "line",
    data: {
      datasets: [
        { label: "low", data: line("low"), borderWidth: 0, pointRadius: 0 },
        { label: "94 % of draws", data: line("high"), borderWidth: 0, pointRadius: 0, fill: "-1", backgroundColor: `${tone}33` },
        { label: "median", data: line("median"), borderColor: tone, backgroundColor: tone, pointRadius: 0,
          segment: { borderDash: (part) => (part.p1DataIndex >= edge ? [5, 5] : undefined) } },
        { label: hasToday ? "today" : "mean where it was on", pointRadius: 6, showLine: false, borderColor: color("ink"),
          backgroundColor: color("ink"), data: [at(curve, hasToday ? today : curve.observed)] },
      ],
    },
    options: {
      scales: {
        x: { type: "linear", max: curve.points.at(-1).level, title: { display: true, text: `${curve.unit} per period` }, grid: { display: false } },
        y: { title: { display: true, text: `${unit} per period` }, beginAtZero: true },
      },
      plugins: { legend: { position: "bottom", labels: { filter: (item) => item.text !== "low", boxWidth: 12 } } },
    },
  });
  const rows = curve.points.filter((_, i) => i % Math.ceil(curve.points.length / 12) === 0);
  const table = html`<${Table} caption=${`Response of ${toName(curve.channel)}`} isQuiet=${true}
    head=${[`${curve.unit} per period`, `brings (${unit})`, "from the data"]}
    rows=${rows.map((p) => [show(p.level), showInterval(p), isKnown(p) ? "yes" : "no, extrapolated"])} />`;
  return html`<${Picture} label=${describe(curve, unit)} build=${build} of=${curve} table=${table} />`;
}

function at(curve, level) {
  const next = curve.points.findIndex((p) => p.level >= level);
  const [b, a] = [curve.points[Math.max(next, 1)], curve.points[Math.max(next, 1) - 1]];
  const part = b.level > a.level ? (level - a.level) / (b.level - a.level) : 0;
  return { x: level, y: a.median + part * (b.median - a.median) };
}

function describe(curve, unit) {
  const point = at(curve, curve.observed);
  return `${toName(curve.channel)}: its mean level of ${show(curve.observed, curve.unit)} brings about ` +
    `${show(point.y, unit)} per period; levels above ${show(curve.observed_max, curve.unit)} were never tried`;
}
