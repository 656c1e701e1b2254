// What if: changes of today's plan, kept by name, side by side.

import { html, useState } from "/planner/vendor/preact-htm.js";
import { ask } from "/planner/ask.js";
import { Sentences, Table, Trouble, useAnswer, Waiting } from "/planner/parts.js";
import { show, showInterval, showProbability, showSigned, toName } from "/planner/words.js";

const KINDS = {
  scale: "more or less money for a channel",
  shift: "money from one channel to another",
  new_channel: "a new channel",
  competitor: "a competitor's campaign",
};

export function Scenarios({ model }) {
  const [again, setAgain] = useState(0);
  const [drafts, setDrafts] = useState([]);
  const [chosen, setChosen] = useState([]);
  const [state, setState] = useState({});
  const kept = useAnswer("/v1/scenarios", model.name, again);
  const names = (kept.said?.result.scenarios ?? []).map((each) => each.name);
  const play = (keep) => {
    setState({ isBusy: true });
    const body = { scenarios: drafts, kept: chosen.filter((name) => !drafts.some((d) => d.name === name)), keep };
    ask("/v1/scenarios", { model: model.name, body }).then(
      ({ result }) => { setState({ result }); if (keep) { setDrafts([]); setAgain(again + 1); setChosen([...new Set([...chosen, ...drafts.map((d) => d.name)])]); } },
      (error) => setState({ error }),
    );
  };
  const toggle = (name) => setChosen(chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name]);
  const isEmpty = drafts.length + chosen.length === 0;
  return html`
    <section>
      <h2>Scenarios</h2>
      <${Waiting} state=${kept}>${({ result }) => html`<${Kept} kept=${result.scenarios} chosen=${chosen} onToggle=${toggle} model=${model} />`}<//>
      <${Builder} model=${model} taken=${[...names, ...drafts.map((d) => d.name)]} onAdd=${(draft) => setDrafts([...drafts, draft])} />
      ${drafts.length > 0 && html`<h3>To be played</h3>
        <ul class="sentences">${drafts.map((d) => html`<li>${toName(d.name)}
          ${" "}<button onClick=${() => setDrafts(drafts.filter((o) => o !== d))}>Remove ${toName(d.name)}</button></li>`)}</ul>`}
      <div class="row">
        <button class="main" disabled=${isEmpty || state.isBusy} onClick=${() => play(false)}>${state.isBusy ? "Playing …" : "Compare"}</button>
        ${drafts.length > 0 && html`<button disabled=${state.isBusy} onClick=${() => play(true)}>Compare and keep</button>`}
      </div>
    </section>
    <section aria-live="polite">
      <${Trouble} error=${state.error} />
      ${state.result && html`<${Compared} result=${state.result} />`}
    </section>`;
}

function Kept({ kept, chosen, onToggle, model }) {
  if (kept.length === 0) return html`<p>None is kept yet. Build one below.</p>`;
  return html`<fieldset><legend>Kept scenarios</legend>
    ${kept.map((each) => html`<label class="choice">
      <input type="checkbox" checked=${chosen.includes(each.name)} onChange=${() => onToggle(each.name)} />
      <span><strong>${toName(each.name)}</strong> ${showInterval(each.gain, model.unit, showSigned)}
      ${!each.is_current && html`<em> by version ${each.model_version}; compare it to have it answered anew</em>`}</span>
    </label>`)}
  </fieldset>`;
}

function Builder({ model, taken, onAdd }) {
  const [kind, setKind] = useState("scale");
  const [error, setError] = useState(null);
  const add = (event) => {
    event.preventDefault();
    const form = Object.fromEntries(new FormData(event.target));
    const name = form.name.trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "");
    if (!/^[a-z]/.test(name)) return setError("The name begins with a letter");
    if (taken.includes(name)) return setError(`There is a scenario '${toName(name)}' already`);
    setError(null);
    onAdd({ name, periods: Number(form.periods), changes: [readChange(kind, form)] });
    event.target.reset();
  };
  const channels = (name, label) => html`<label class="field">${label}
    <select name=${name}>${model.channels.map((c) => html`<option value=${c}>${toName(c)}</option>`)}</select></label>`;
  const number = (name, label, value, low) => html`<label class="field">${label}
    <input type="number" name=${name} min=${low} step="any" required value=${value} /></label>`;
  return html`<form class="builder" onSubmit=${add}>
    <h3>A new one</h3>
    <label class="field">Name<input type="text" name="name" required maxlength="60" /></label>
    ${number("periods", "Periods", 13, 1)}
    <label class="field">What changes
      <select value=${kind} onChange=${(e) => setKind(e.target.value)}>
        ${Object.entries(KINDS).map(([k, words]) => html`<option value=${k}>${words}</option>`)}
      </select></label>
    ${kind === "scale" && html`${channels("channel", "Channel")}${number("percent", "By %, less than zero for a cut", -20, -100)}`}
    ${kind === "shift" && html`${channels("source", "From")}${channels("target", "To")}${number("percent", "% of what the first spends", 20, 0.1)}`}
    ${kind === "new_channel" && html`
      <label class="field">Its name<input type="text" name="channel" required pattern="[a-z][a-z0-9_]*" title="small letters, digits and _" /></label>
      ${channels("like", "It works like")}
      ${number("money", `${model.currency} per period`, 1000, 0)}
      ${number("factor", "times as well", 1, 0.01)}`}
    ${kind === "competitor" && html`
      ${number("percent", "Change of the KPI without media, %", -5, -100)}
      ${number("spread", "give or take, % points", 2, 0)}`}
    ${error && html`<p class="trouble" role="alert">${error}</p>`}
    <button type="submit">Add</button>
  </form>`;
}

function readChange(kind, form) {
  const percent = Number(form.percent);
  if (kind === "scale") return { kind, channels: [form.channel], percent };
  if (kind === "shift") return { kind, source: form.source, target: form.target, percent };
  if (kind === "competitor") return { kind, percent, spread: Number(form.spread) };
  return { kind, name: form.channel, like: form.like, money: Number(form.money), factor: Number(form.factor) };
}

function Compared({ result }) {
  const names = result.scenarios.map((row) => toName(row.request.name));
  return html`
    <h2>Side by side</h2>
    <${Table} caption="Against today's plan" head=${["Scenario", "brings", "costs", "leaves", "brings more than today's"]}
      rows=${result.scenarios.map((row, i) => [
        names[i],
        showInterval(row.gain, result.unit, showSigned),
        showSigned(row.money, result.currency),
        row.net.median === null ? "the KPI has no value in money" : showInterval(row.net, result.currency, showSigned),
        showProbability(row.probability),
      ])} />
    ${names.length > 1 && html`<${Table} caption="How probable it is that the one on the left brings more"
      head=${["", ...names]}
      rows=${result.brings_more.map((row, i) => [names[i], ...row.map((p, j) => (i === j ? "–" : showProbability(p)))])} />`}
    ${result.scenarios.map((row, i) => row.sentences.length > 0 && html`<h3>${names[i]}</h3><${Sentences} said=${row.sentences} />`)}`;
}
