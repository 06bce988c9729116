/** A run as one page: each case's findings beside its goldens. */
import { foundIn } from "./Matching.ts"
import type { CaseResult, EvalResult, MatchedFinding } from "./Measured.ts"
import type { Note } from "./Suite.ts"
import { countsText, figures, shownIn } from "./TextReport.ts"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1f2328 }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1rem .2rem 0 }
section { border-top: 1px solid #d1d9e0; padding: 1rem 0 } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem } h3 { font-size: .9rem; margin: 0 }
article { border-left: 4px solid #d1d9e0; padding: .1rem .8rem; margin: .6rem 0; white-space: pre-wrap }
.hit { border-color: #1a7f37 } .miss { border-color: #cf222e } .later { border-color: #9a6700 }
small { color: #59636e; display: block } @media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3 } }
`

const placeText = (path: string | undefined, line: number | undefined): string =>
  path === undefined ? "" : `${path}${line === undefined ? "" : `:${line}`}`

const article = (kind: string, facts: ReadonlyArray<string>, text: string): string =>
  `<article class="${kind}"><small>${escape(facts.filter((fact) => fact !== "").join(" · "))}</small>${
    escape(text)
  }</article>`

const findingHtml = ({ body, folded, line, match, path, repeat, severity }: MatchedFinding): string => {
  const says = match._tag === "Golden"
    ? `golden ${match.golden + 1}`
    : match._tag === "FixedLater"
    ? `fixed later ${match.note + 1}`
    : "matches nothing"
  const kind = { Golden: "hit", FixedLater: "later", Nothing: "miss" }[match._tag]
  const facts = [says, repeat ? "repeat" : "", severity ?? "", placeText(path, line), folded === true ? "folded" : ""]
  return article(kind, facts, body)
}

const noteHtml = (kind: string, name: string, { comment, line, path }: Note, fact = ""): string =>
  article(kind, [name, fact, placeText(path, line)], comment)

const caseHtml = (one: CaseResult): string => {
  const { findings, fixedLater, goldens, name, problem, state, title } = one
  const found = foundIn(findings)
  const remarks = [
    ...goldens.map((golden, at) =>
      noteHtml(found.has(at) ? "hit" : "miss", `golden ${at + 1}`, golden, golden.severity)
    ),
    ...fixedLater.map((note, at) => noteHtml("later", `fixed later ${at + 1}`, note))
  ]
  const outcome = state === "Reviewed" ? "" : `<p>${escape(state === "Failed" ? problem ?? "failed" : "not run")}</p>`
  return `<section id="${escape(name)}"><h2>${escape(name)}: ${escape(title)}</h2>${outcome}<div class="columns">
<div><h3>Goldens</h3>${remarks.join("\n") || "<p>A clean change.</p>"}</div>
<div><h3>Findings</h3>${findings.map(findingHtml).join("\n") || "<p>None.</p>"}</div></div></section>`
}

/** The page of a run. Everything in it is text: what a model or a suite has written is never markup. */
export const resultHtml = ({ cases, judge, metrics, reviewer, suite }: EvalResult): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(suite)}</title><style>${style}</style></head><body>
<h1>${escape(suite)}</h1><p>Reviewed by ${escape(reviewer)}, judged by ${escape(judge)}. ${
    escape(countsText(metrics))
  }.</p>
<table>${
    figures.map((figure) => `<tr><th>${escape(figure.label)}</th><td>${escape(shownIn(figure, metrics))}</td></tr>`)
      .join("")
  }</table>
${cases.map(caseHtml).join("\n")}
</body></html>
`
