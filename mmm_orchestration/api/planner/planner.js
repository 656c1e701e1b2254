// One's own plan with its answer as it changes, and the best plan for the same question.

import { html, useEffect, useMemo, useState } from "/planner/vendor/preact-htm.js";
import { ask } from "/planner/ask.js";
import { Best } from "/planner/best.js";
import { Trouble } from "/planner/parts.js";
import { judge, show, showChange, showInterval, showSigned, toName } from "/planner/words.js";

const PAUSE_MS = 250;
const REACH = 3; // how far a slider goes, in times of today's spend

export function Planner({ model }) {
  const [periods, setPeriods] = useState(13);
  const [money, setMoney] = useState(model.today);
  const [limits, setLimits] = useState({});
  const set = (name, value) => setMoney({ ...money, [name]: value });
  const total = sum(money) * periods;
  const today = sum(model.today) * periods;
  return html`
    <section>
      <h2>Your plan</h2>
      <p>Money of each channel ${model.period_days === 1 ? "a day" : model.period_days === 7 ? "a week" : `in ${model.period_days} days`}, over all geos as they share it today.</p>
      <label class="field">How many ${model.period_days === 7 ? "weeks" : model.period_days === 1 ? "days" : `periods of ${model.period_days} days`}
        <input type="number" min="1" max="104" value=${periods}
          onChange=${(e) => setPeriods(clamp(Math.round(e.target.valueAsNumber || 1), 1, 104))} />
      </label>
      <div class="sliders">
        ${model.channels.map((name) => html`<${Slider} key=${name} name=${name} value=${money[name]}
          today=${model.today[name]} currency=${model.currency} onChange=${(value) => set(name, value)}
          limit=${limits[name] ?? {}} onLimit=${(limit) => setLimits({ ...limits, [name]: limit })} />`)}
      </div>
      <p class="total">In all <strong>${show(total, model.currency)}</strong>, today's is ${show(today, model.currency)}
        ${today > 0 && ` (${showChange(today, total)})`}.
        ${" "}<button onClick=${() => setMoney(model.today)}>Back to today's</button></p>
      <${Answer} model=${model} periods=${periods} money=${money} />
    </section>
    <${Best} model=${model} periods=${periods} total=${total} limits=${limits} onTake=${setMoney} />`;
}

function Slider({ name, value, today, currency, limit, onChange, onLimit }) {
  const most = useMemo(() => round(Math.max(REACH * today, 100, value)), [today]);
  const read = (e) => onChange(Math.max(0, e.target.valueAsNumber || 0));
  const bound = (side) => (e) => onLimit({ ...limit, [side]: e.target.value === "" ? undefined : Math.max(0, e.target.valueAsNumber) });
  return html`<fieldset class="slider">
    <legend>${toName(name)}</legend>
    <input type="range" min="0" max=${most} step=${most / 200} value=${value} onInput=${read}
      aria-label=${`${toName(name)}, ${currency} per period`} aria-valuetext=${show(value, currency)} />
    <input type="number" min="0" step="any" value=${round(value)} onChange=${read}
      aria-label=${`${toName(name)}, exact amount per period`} />
    <span class="quiet">today ${show(today, currency)}</span>
    <details><summary>Limits for the best plan</summary>
      <label class="field">At least, % of today
        <input type="number" min="0" value=${limit.low ?? ""} onChange=${bound("low")} /></label>
      <label class="field">At most, % of today
        <input type="number" min="0" value=${limit.high ?? ""} onChange=${bound("high")} /></label>
    </details>
  </fieldset>`;
}

function Answer({ model, periods, money }) {
  const [state, setState] = useState({});
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const changes = model.channels.map((channel) => ({ kind: "set", channel, money: money[channel] }));
      const body = { scenarios: [{ name: "draft", periods, changes }] };
      ask("/v1/scenarios", { model: model.name, body, signal: stop.signal }).then(
        ({ result }) => setState({ result }),
        (error) => error.name !== "AbortError" && setState({ error }),
      );
    }, PAUSE_MS);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [model.name, periods, money]);
  const isToday = model.channels.every((name) => money[name] === model.today[name]);
  if (state.error) return html`<${Trouble} error=${state.error} />`;
  if (!state.result) return html`<p class="wait" role="status">Asking …</p>`;
  const [row] = state.result.scenarios;
  return html`<div class="answer" aria-live="polite">
    <p class="big">${isToday ? "This is today's plan" : `${showInterval(row.gain, state.result.unit, showSigned)} against today's plan`}</p>
    ${!isToday && html`
      <p>That it brings more ${judge(row.probability)}. ${tellMoney(row, model.currency)}</p>
      <ul class="sentences">${row.sentences.map((each) => html`<li>${each}</li>`)}</ul>`}
  </div>`;
}

function tellMoney({ money, net }, currency) {
  const spent = Math.abs(money) < 0.005 ? "It costs the same" : `It ${money > 0 ? "costs" : "saves"} ${show(Math.abs(money), currency)}`;
  return net.median === null ? `${spent}.` : `${spent}, which leaves ${showInterval(net, currency, showSigned)}.`;
}

const sum = (money) => Object.values(money).reduce((a, b) => a + b, 0);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const round = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 100) / 100);
