import type { DiffFile } from "@nominal-code/testing/GitHubDiff"
import type { ReviewComment } from "@nominal-code/testing/GitHubState"
import { readFileSync } from "node:fs"
import { escape, markdown } from "./Html.ts"
import { codeAround, type PostedReview, readComment, severityOf, suggestedChange } from "./Posted.ts"

/** A figure of the review: what it is, and how much. */
export type Figures = ReadonlyArray<readonly [name: string, value: string]>

type Line = DiffFile["lines"][number]

const rangeOf = ({ line, startLine = line }: ReviewComment) => startLine === line ? `${line}` : `${startLine}–${line}`

const code = (sign: string, text: string): string =>
  `<td class="code"><span class="sign">${sign.trim()}</span>${escape(text)}</td>`

const suggestionOf = (comment: ReviewComment, files: ReadonlyArray<DiffFile>): string => {
  const { suggestion } = readComment(comment.body)
  if (suggestion === undefined) return ""
  const before = codeAround(comment, files).filter(({ meant }) => meant).map(({ text }) => text)
  const kinds = { "+": "added", "-": "removed", " ": "context" }
  const rows = suggestedChange(before, suggestion).map(({ sign, text }) =>
    `<tr class="${kinds[sign]}">${code(sign, text)}</tr>`
  )
  return `<div class="suggestion"><header>Suggested change</header><table class="diff">${rows.join("")}</table></div>`
}

const replyOf = ({ author, body }: ReviewComment): string =>
  `<div class="reply"><strong>${escape(author.login)}</strong> ${markdown(readComment(body).body)}</div>`

const commentCard = (comment: ReviewComment, { files, replies }: PostedReview): string => {
  const { body, head } = readComment(comment.body)
  const { author, id, side, startLine, thread } = comment
  const state = thread.resolvedBy === undefined ? "" : `<span class="tag resolved">resolved</span>`
  const place = `${side === "LEFT" ? "removed " : ""}${startLine === undefined ? "line" : "lines"} ${rangeOf(comment)}`
  return `<article class="card" id="comment-${id}">
    <header><span class="avatar bot">N</span> <strong>${escape(author.login)}</strong> <span class="tag">bot</span>
      <span class="quiet">on ${place}</span>${state}</header>
    <div class="content">${head === "" ? "" : `<p class="badge ${severityOf(comment)}">${escape(head)}</p>`}${
    markdown(body)
  }${comment.outdated ? "" : suggestionOf(comment, files)}</div>${
    replies.filter((reply) => reply.thread === thread).map(replyOf).join("")
  }
  </article>`
}

const isAt = ({ left, right }: Line, { line, side }: ReviewComment) => (side === "LEFT" ? left : right) === line

const isMeant = ({ left, right }: Line, { line, side, startLine = line }: ReviewComment): boolean => {
  const number = side === "LEFT" ? left : right
  return number !== undefined && number >= startLine && number <= line
}

const lineRow = (line: Line, meant: boolean): string => {
  const { left, right, text } = line
  const kind = left === undefined ? "added" : right === undefined ? "removed" : "context"
  return `<tr class="${kind}${meant ? " meant" : ""}"><td class="number">${left ?? ""}</td><td class="number">${
    right ?? ""
  }</td>${code(text.slice(0, 1), text.slice(1))}</tr>`
}

const fileCard = (file: DiffFile, posted: PostedReview): string => {
  const here = posted.comments.filter(({ outdated, path }) => path === file.path && !outdated)
  const headers = file.patch.split("\n").filter((line) => line.startsWith("@@ "))
  const rows = file.lines.flatMap((line, index) => {
    const opens = line.hunk !== file.lines[index - 1]?.hunk
    const cards = here.filter((comment) => isAt(line, comment)).map((comment) => commentCard(comment, posted))
    return [
      ...(opens ? [`<tr class="hunk"><td colspan="3">${escape(headers[line.hunk] ?? "")}</td></tr>`] : []),
      lineRow(line, here.some((comment) => isMeant(line, comment))),
      ...(cards.length === 0 ? [] : [`<tr class="thread"><td colspan="3">${cards.join("")}</td></tr>`])
    ]
  })
  return `<section class="card">
    <header><span class="path">${escape(file.path)}</span> ${
    file.status === "modified" ? "" : `<span class="tag">${file.status}</span>`
  }<span class="counts"><span class="plus">+${file.additions}</span> <span class="minus">−${file.deletions}</span></span></header>
    <table class="diff"><colgroup><col class="number"><col class="number"><col></colgroup>${rows.join("\n")}</table>
  </section>`
}

/** A thread whose lines a later push has changed, under the end of the code that it was written on. */
const outdatedCard = (comment: ReviewComment, posted: PostedReview): string => {
  const kinds: Readonly<Record<string, string>> = { "+": "added", "-": "removed" }
  const rows = comment.diffHunk.split("\n").slice(1).slice(-4).map((line) =>
    `<tr class="${kinds[line.slice(0, 1)] ?? "context"}">${code(line.slice(0, 1), line.slice(1))}</tr>`
  )
  return `<section class="card">
    <header><span class="path">${escape(comment.path)}</span> <span class="tag">outdated</span></header>
    <table class="diff">${rows.join("\n")}<tr class="thread"><td>${commentCard(comment, posted)}</td></tr></table>
  </section>`
}

const outdatedThreads = (posted: PostedReview): string => {
  const cards = posted.comments.filter(({ outdated }) => outdated).map((comment) => outdatedCard(comment, posted))
  return cards.length === 0
    ? ""
    : `<h2>Changed since <span class="quiet">${cards.length}</span></h2>${cards.join("\n")}`
}

/** Acts that the spectator can choose from, those in progress and wanted next, and the result of the last one. */
export interface DemoActions {
  readonly acts: ReadonlyArray<{ readonly name: string; readonly key: string; readonly label: string }>
  /** Label of the act in progress. */
  readonly running: string | undefined
  /** Labels of the acts that follow it. */
  readonly next: ReadonlyArray<string>
  readonly outcome: { readonly text: string; readonly isTable: boolean } | undefined
}

const actsCard = ({ acts, next, outcome, running }: DemoActions): string => {
  const buttons = acts.map(({ key, label, name }) => {
    const state = label === running || next.includes(label) ? " disabled" : ""
    return `<button formaction="/acts/${name}"${state}>${escape(label)} <kbd>${key}</kbd></button>`
  })
  const text = outcome === undefined
    ? ""
    : outcome.isTable
    ? `<pre>${escape(outcome.text)}</pre>`
    : markdown(outcome.text)
  const then = next.length === 0 ? "" : ` Then: ${next.join(", ").toLowerCase()}`
  const shown = running === undefined ? text : `<p class="quiet">${escape(`${running} …${then}`)}</p>`
  return `<form class="card acts" method="post"><header>What next? ${buttons.join(" ")}</header>${
    shown === "" ? "" : `<div class="content">${shown}</div>`
  }</form>`
}

const indexRow = (comment: ReviewComment): string => {
  const [severity = ""] = readComment(comment.body).head.split(" · ")
  const [first = ""] = readComment(comment.body).body.split(/(?<=\.) /)
  return `<li><span class="badge ${severityOf(comment)}">${escape(severity)}</span>
    <a class="path" href="#comment-${comment.id}">${escape(comment.path)}:${rangeOf(comment)}</a>
    <span class="quiet">${markdown(first).replaceAll(/<\/?p>/g, "")}</span>${
    comment.thread.resolvedBy === undefined ? "" : `<span class="tag resolved">resolved</span>`
  }</li>`
}

const summaryCard = ({ comments, review: { author }, summary }: PostedReview, figures: Figures): string =>
  `<article class="card">
    <header><span class="avatar bot">N</span> <strong>${escape(author.login)}</strong> <span class="tag">bot</span>
      <span class="quiet">reviewed, with ${comments.length} comments</span></header>
    <div class="content">${markdown(summary)}
      <div class="figures">${
    figures.map(([name, value]) => `<div><b>${escape(value)}</b><span class="quiet">${escape(name)}</span></div>`)
      .join("")
  }</div></div>
  </article>
  <nav class="card"><ul class="index">${comments.map(indexRow).join("\n")}</ul></nav>`

/** The pull request with its review in place, as one page that needs nothing else. It reloads while something happens. */
export const renderPage = (posted: PostedReview, figures: Figures, happenings: DemoActions): string => {
  const { files, pull } = posted
  const css = readFileSync(new URL("page.css", import.meta.url), "utf8")
  const { author, baseBranch, body, headBranch, number, repository, title } = pull
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · ${escape(repository.fullName)}#${number}</title>
<link rel="icon" href="data:,">
${happenings.running === undefined ? "" : "<meta http-equiv=\"refresh\" content=\"1\">"}
<style>${css}</style>
</head>
<body>
<main>
  <div class="quiet">${escape(repository.fullName)}</div>
  <h1>${escape(title)} <span class="number">#${number}</span></h1>
  <div class="meta"><span class="state">Open</span>
    <span class="quiet"><strong>${escape(author.login)}</strong> wants to merge
      <span class="branch">${escape(headBranch)}</span> into <span class="branch">${
    escape(baseBranch)
  }</span></span></div>
  <article class="card">
    <header><span class="avatar">${escape(author.login.charAt(0).toUpperCase())}</span>
      <strong>${escape(author.login)}</strong></header>
    <div class="content">${markdown(body)}</div>
  </article>
  ${actsCard(happenings)}
  ${summaryCard(posted, figures)}
  ${outdatedThreads(posted)}
  <h2>Files changed <span class="quiet">${files.length}</span></h2>
  ${files.map((file) => fileCard(file, posted)).join("\n")}
  <footer>Rendered by the Nominal Code demo from what was posted to its emulated GitHub.</footer>
</main>
</body>
</html>
`
}
