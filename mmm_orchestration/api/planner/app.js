// The page: the key, the model, and which view is open. Views are addresses, so that Back works.

import { html, render, useEffect, useState } from "/planner/vendor/preact-htm.js";
import { ask, dropKey, keepKey, readKey, takeKeyFromAddress } from "/planner/ask.js";
import { Curves } from "/planner/curves.js";
import { Executive } from "/planner/executive.js";
import { Trouble } from "/planner/parts.js";
import { Planner } from "/planner/planner.js";
import { Scenarios } from "/planner/scenarios.js";

const VIEWS = { executive: Executive, planner: Planner, scenarios: Scenarios, curves: Curves };
const TITLES = { executive: "Overview", planner: "Planner", scenarios: "Scenarios", curves: "Curves" };

const readView = () => (location.hash.slice(1) in VIEWS ? location.hash.slice(1) : "executive");

function App() {
  const [key, setKey] = useState(readKey());
  const [models, setModels] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    if (!key) return;
    ask("/v1/models").then(
      (said) => { setModels(said.models); setError(null); },
      (refused) => { if (refused.status === 401) { dropKey(); setKey(null); } setError(refused); },
    );
  }, [key]);
  const leave = () => { dropKey(); setKey(null); setModels(null); };
  if (!key) return html`<${Door} error=${error} onKey=${(typed) => { keepKey(typed); setKey(readKey()); }} />`;
  if (error) return html`<main><${Trouble} error=${error} /><button onClick=${leave}>Use another key</button></main>`;
  if (!models) return html`<p class="wait" role="status">Loading …</p>`;
  return html`<${House} models=${models} onLeave=${leave} />`;
}

function Door({ error, onKey }) {
  const [typed, setTyped] = useState("");
  const enter = (event) => { event.preventDefault(); if (typed.trim()) onKey(typed); };
  return html`<main class="door">
    <h1>Planner</h1>
    <p>Every answer needs a key. Make one with <code>mmm keys new planner --scope read --scope plan</code>;
    it stays in this tab.</p>
    <${Trouble} error=${error} />
    <form onSubmit=${enter}>
      <label class="field">API key
        <input type="password" autocomplete="off" autofocus value=${typed} onInput=${(e) => setTyped(e.target.value)} />
      </label>
      <button type="submit" class="main">Open</button>
    </form>
  </main>`;
}

function House({ models, onLeave }) {
  const [view, setView] = useState(readView());
  const [place, setPlace] = useState(0);
  useEffect(() => {
    const turn = () => { setView(readView()); document.getElementById("content")?.focus(); };
    addEventListener("hashchange", turn);
    setView(readView()); // it may have changed before anybody listened
    return () => removeEventListener("hashchange", turn);
  }, []);
  useEffect(() => { document.title = `${TITLES[view]} – Planner`; }, [view]);
  const model = models[place];
  const View = VIEWS[view];
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <header>
      <nav aria-label="Views">
        ${Object.keys(VIEWS).map((name) => html`
          <a href=${`#${name}`} aria-current=${name === view ? "page" : undefined}>${TITLES[name]}</a>`)}
      </nav>
      ${models.length > 1 && html`<label class="field">Model
        <select value=${place} onChange=${(e) => setPlace(Number(e.target.value))}>
          ${models.map((m, i) => html`<option value=${i}>${m.name}</option>`)}
        </select></label>`}
      <button onClick=${onLeave}>Forget the key</button>
    </header>
    <main id="content" tabindex="-1">
      ${model.version === null
        ? html`<${Trouble} error=${{ problem: { what: model.note || "There is no champion yet", fix: "Promote a version: mmm promote" } }} />`
        : html`<${View} key=${`${view} ${place}`} model=${model} />`}
    </main>
    <footer>${model.version && html`Version ${model.version}, data through ${model.trained_through}.`}</footer>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

takeKeyFromAddress();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
