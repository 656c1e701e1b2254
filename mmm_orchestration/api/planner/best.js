// The best plan for a question, its certificate, and what may be done with it.

import { html, useState } from "/planner/vendor/preact-htm.js";
import { ask } from "/planner/ask.js";
import { Sentences, Table, Trouble } from "/planner/parts.js";
import { show, showChange, showInterval, showPercent, showProbability, showSigned, toName } from "/planner/words.js";

const BUDGETS = {
  fixed: "spend exactly the money of your plan",
  at_most: "spend at most the money of your plan",
  free: "spend as long as it pays",
};
const OBJECTIVES = {
  mean: "the most on average",
  quantile: "the most in all but the worst 10 % of cases",
  cvar: "the most in the worst 10 % of cases",
  beat_today: "the surest gain on today's plan",
};

export function Best({ model, periods, total, limits, onTake }) {
  const [budget, setBudget] = useState("fixed");
  const [target, setTarget] = useState(1);
  const [objective, setObjective] = useState("mean");
  const [reach, setReach] = useState(50);
  const [state, setState] = useState({});
  const find = (event) => {
    event.preventDefault();
    const body = {
      periods,
      reach,
      budget: budget === "free" ? { kind: budget, marginal_roi: target } : { kind: budget, total },
      objective: { kind: objective },
      bounds: listBounds(limits),
    };
    setState({ isBusy: true });
    ask("/v1/optimize", { model: model.name, body }).then(
      (said) => setState({ said, body }),
      (error) => setState({ error }),
    );
  };
  return html`<section>
    <h2>The best plan</h2>
    <form onSubmit=${find}>
      <label class="field">Money
        <select value=${budget} onChange=${(e) => setBudget(e.target.value)}>
          ${Object.entries(BUDGETS).map(([kind, words]) => html`<option value=${kind}>${words}</option>`)}
        </select></label>
      ${budget === "free" && html`<label class="field">… while another unit of money brings back
        <input type="number" min="0.01" step="any" value=${target} onChange=${(e) => setTarget(e.target.valueAsNumber || 1)} /></label>`}
      <label class="field">Goal
        <select value=${objective} onChange=${(e) => setObjective(e.target.value)}>
          ${Object.entries(OBJECTIVES).map(([kind, words]) => html`<option value=${kind}>${words}</option>`)}
        </select></label>
      <label class="field">Each channel within ± % of today
        <input type="number" min="0" max="1000" value=${reach} onChange=${(e) => setReach(e.target.valueAsNumber || 0)} /></label>
      <button type="submit" class="main" disabled=${state.isBusy}>${state.isBusy ? "Looking …" : "Find the best plan"}</button>
    </form>
    <div aria-live="polite">
      <${Trouble} error=${state.error} />
      ${state.said && html`<${Found} said=${state.said} body=${state.body} model=${model} onTake=${onTake} />`}
    </div>
  </section>`;
}

export function listBounds(limits) {
  return Object.entries(limits)
    .filter(([, limit]) => limit.low !== undefined || limit.high !== undefined)
    .map(([channel, { low, high }]) => ({
      channel,
      ...(low === undefined ? {} : { low_percent: low }),
      ...(high === undefined ? {} : { high_percent: high }),
    }));
}

function Found({ said, body, model, onTake }) {
  const { result } = said;
  const proof = result.certificate;
  const n = body.periods;
  const take = () => onTake(Object.fromEntries(result.channels.map((c) => [c.channel, c.planned / n])));
  return html`
    <p class="big">${proof.is_improvement
      ? `${showInterval(proof.gain, result.unit, showSigned)} against today's plan`
      : "No better than today's plan, as far as the model can tell"}</p>
    <${Table} caption="The plan beside today's" isQuiet=${true}
      head=${["Channel", "today", "planned", "change", "brings", "marginal ROI"]}
      rows=${result.channels.map((c) => [
        toName(c.channel),
        show(c.today, result.currency),
        show(c.planned, result.currency),
        showChange(c.today, c.planned),
        showInterval(c.contribution, result.unit),
        c.marginal_roi ? showInterval(c.marginal_roi) : "nothing spent",
      ])} />
    <h3>Certificate</h3>
    <${Sentences} said=${proof.sentences} />
    <details><summary>Its numbers</summary>
      <dl class="facts">
        <dt>Brings more than today's</dt><dd>${showProbability(proof.probability)}</dd>
        <dt>Starts that agree</dt><dd>${proof.n_agree} of ${proof.starts.length}</dd>
        <dt>Marginal returns still differ by</dt><dd>${showPercent(proof.residual, 2)}</dd>
        <dt>Gain above the largest spend observed</dt><dd>${showPercent(proof.outside)}</dd>
        <dt>Knowing the true curves would bring</dt><dd>${show(proof.regret, result.unit)} more</dd>
        <dt>Another seed moves the gain by</dt><dd>${show(proof.gain_noise, result.unit)}</dd>
        <dt>Limits kept</dt><dd>${proof.limits.filter((l) => l.is_met).length} of ${proof.limits.length}</dd>
      </dl>
    </details>
    <div class="row">
      <button onClick=${take}>Put it on the sliders</button>
      <button onClick=${() => save(result)}>Save as CSV</button>
    </div>
    <${Approve} said=${said} body=${body} model=${model} />`;
}

function Approve({ said, body, model }) {
  const [reason, setReason] = useState("");
  const [state, setState] = useState({});
  const approve = (event) => {
    event.preventDefault();
    const request = { request: body, reason, model_version: said.model.version };
    ask("/v1/plans", { model: model.name, body: request }).then(
      ({ result }) => setState({ name: result.name }),
      (error) => setState({ error }),
    );
  };
  if (state.name) return html`<p role="status">Approved as ${state.name}: it is the plan of record.</p>`;
  return html`<details><summary>Approve it as the plan of record</summary>
    <form onSubmit=${approve}>
      <label class="field">Why
        <input type="text" required maxlength="500" value=${reason} onInput=${(e) => setReason(e.target.value)} /></label>
      <button type="submit" class="main">Approve</button>
    </form>
    <${Trouble} error=${state.error} />
  </details>`;
}

// A text that a spreadsheet would take for a formula is marked as text.
export const writeCell = (value) => {
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

function save(result) {
  const head = ["period", "geo", "channel", "spend", "currency", "model_version"];
  const rows = result.plan.map((c) => [c.period, c.geo, c.channel, c.spend, result.currency, result.model_version]);
  const text = [head, ...rows].map((row) => row.map(writeCell).join(",")).join("\r\n");
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: "plan.csv" });
  link.click();
  URL.revokeObjectURL(address);
}
