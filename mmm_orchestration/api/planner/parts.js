// What views share: waiting, errors, tables, charts.

import { html, useEffect, useRef, useState } from "/planner/vendor/preact-htm.js";
import { ask } from "/planner/ask.js";

export function useAnswer(path, model, again = 0) {
  const [state, setState] = useState({});
  useEffect(() => {
    const stop = new AbortController();
    setState({});
    ask(path, { model, signal: stop.signal }).then(
      (said) => setState({ said }),
      (error) => error.name !== "AbortError" && setState({ error }),
    );
    return () => stop.abort();
  }, [path, model, again]);
  return state;
}

export function Trouble({ error }) {
  if (!error) return null;
  const problem = error.problem ?? { what: String(error.message ?? error), fix: "" };
  return html`<div class="trouble" role="alert">
    <strong>${problem.what}</strong>
    ${problem.got !== null && problem.got !== undefined && html`<span>Got: ${String(problem.got)}.</span>`}
    ${problem.available?.length > 0 && html`<span>There is: ${problem.available.join(", ")}.</span>`}
    ${problem.fix && html`<span>${problem.fix}.</span>`}
  </div>`;
}

export function Waiting({ state, children }) {
  if (state.error) return html`<${Trouble} error=${state.error} />`;
  if (!state.said) return html`<p class="wait" role="status">Loading …</p>`;
  return children(state.said);
}

export function Table({ caption, head, rows, isQuiet = false }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class=${isQuiet ? "hidden" : ""}>${caption}</caption>
      <thead><tr>${head.map((name, i) => html`<th scope="col" class=${i ? "number" : ""}>${name}</th>`)}</tr></thead>
      <tbody>
        ${rows.map((row) => html`<tr key=${row[0]}>
          ${row.map((cell, i) => i
            ? html`<td class="number">${cell}</td>`
            : html`<th scope="row">${cell}</th>`)}
        </tr>`)}
      </tbody>
    </table>
  </div>`;
}

export function Sentences({ said }) {
  return html`<ul class="sentences">${said.map((each) => html`<li>${each}</li>`)}</ul>`;
}

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const channelColor = (i) => color(i < 8 ? `channel-${i}` : "other");

// `build` returns the configuration of Chart.js; a table says the same to those who cannot see it.
export function Picture({ label, build, of, table }) {
  const canvas = useRef(null);
  const [isDark, setDark] = useState(matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const turn = () => setDark(query.matches);
    query.addEventListener("change", turn);
    return () => query.removeEventListener("change", turn);
  }, []);
  useEffect(() => {
    const { Chart } = window;
    Chart.defaults.color = color("muted");
    Chart.defaults.borderColor = color("line");
    Chart.defaults.font.family = "system-ui, sans-serif";
    const config = build();
    config.options = { animation: false, responsive: true, maintainAspectRatio: false, ...config.options };
    const chart = new Chart(canvas.current, config);
    return () => chart.destroy();
  }, [of, isDark]);
  return html`<figure>
    <div class="picture"><canvas ref=${canvas} role="img" aria-label=${label}></canvas></div>
    <figcaption>${label}</figcaption>
    <details><summary>The same as a table</summary>${table}</details>
  </figure>`;
}
