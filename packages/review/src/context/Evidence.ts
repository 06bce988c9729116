/** Evidence about a change from the code outside of its diff, looked up before the model is asked. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { generatedByPath, writtenKind } from "@nominal-code/domain/file/FileKind"
import type { LinkedIssue, PullRequestBackground } from "@nominal-code/forge/Forge"
import type { Checkout, WordHit } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import { block, codeBlock, filePath } from "../prompt/UntrustedBlocks.ts"
import { type LockedVersion, lockedVersions } from "./LockedVersions.ts"
import { outlinesOf } from "./Outlines.ts"
import type { PlannedFile } from "./Plan.ts"
import { readingOnce, type SourceFiles } from "./SourceFiles.ts"
import { definedIn, type TouchedSymbol, touchedSymbols } from "./Symbols.ts"
import { tokensIn } from "./TokenEstimate.ts"

/** Paragraphs of a prompt, within their budget of tokens. */
export type EvidenceText = ReadonlyArray<string>

/** Maximum number of tokens of the evidence of one prompt. */
const budget = 6_000

/** Number of symbols that are looked up, and of the places that are shown of each. */
const mostSymbols = 15
const mostUses = 8
const mostTests = 8
const mostChecks = 20

/** Lines of context before and after a use, and lines of a definition. */
const around = 3
const definitionLines = 8

type Hits = ReadonlyArray<WordHit>

/** Remembers what a function says of a path: thousands of hits are in few files. */
const ofPath = <A>(tell: (path: WordHit["path"]) => A) => {
  const told = new Map<string, A>()
  return ({ path }: WordHit): A => {
    const answer = told.get(path) ?? tell(path)
    told.set(path, answer)
    return answer
  }
}

/** Tells if the diff shows a line of the head. Only the patches of files that are asked for are parsed. */
const shownIn = (files: ReadonlyArray<ChangedFile>) => {
  const patches = new Map(files.map(({ patch = "", path }) => [path, patch]))
  const linesOf = ofPath((path) =>
    new Set(
      parsePatch(patches.get(path) ?? "").flatMap(({ lines }) =>
        lines.flatMap((line) => line.kind === "deleted" ? [] : [line.newLine])
      )
    )
  )
  return (hit: WordHit): boolean => linesOf(hit).has(hit.line)
}

const sharedDirectories = (one: string, other: string): number => {
  const [a, b] = [one.split("/"), other.split("/")]
  const differ = a.findIndex((part, at) => part !== b[at])
  return differ === -1 ? a.length : differ
}

/** Places in the order of their worth: code before all other text, and what is near before what is far. */
const byWorth = (hits: Hits, from: string): Hits => {
  const rank = ofPath((path) => (writtenKind(path) === "source" ? 0 : 100) - sharedDirectories(path, from))
  return hits.toSorted((a, b) => rank(a) - rank(b))
}

/** Lines of the head from one to another, numbered as the tools number them. */
const excerpt = Effect.fnUntraced(
  function*(lines: SourceFiles["lines"], hit: WordHit, before: number, after: number) {
    const found = yield* lines("RIGHT", hit.path)
    const first = Math.max(1, hit.line - before)
    const text = Option.getOrElse(found, () => []).slice(first - 1, hit.line + after)
      .map((line, at) => ` ${first + at}:${line.slice(0, 300)}`).join("\n")
    return text === "" ? [] : [`${filePath(hit.path, `:${hit.line}`)}\n${codeBlock("untrusted-code", text)}`]
  }
)

/** The first hits, without those that the ones before them show already. */
const apart = (hits: Hits, most: number): Hits => {
  const kept: Array<WordHit> = []
  for (const hit of hits) {
    if (kept.length === most) break
    if (!kept.some(({ line, path }) => path === hit.path && Math.abs(line - hit.line) <= around)) kept.push(hit)
  }
  return kept
}

const changeText = ({ change, file }: TouchedSymbol): string =>
  ({
    removed: `is removed from ${filePath(file.path)}`,
    redefined: `is defined anew in ${filePath(file.path)}`,
    altered: `is changed in ${filePath(file.path)}`
  })[change]

/** Paragraphs about one symbol: its definition where the diff does not show it, its uses, and the tests that name it. */
const aboutSymbol = Effect.fnUntraced(function*(
  lines: SourceFiles["lines"],
  symbol: TouchedSymbol,
  hits: Hits
) {
  const { change, file, name } = symbol
  const isDefinition = ({ line, path, text }: WordHit) =>
    path === file.path && (symbol.line === undefined ? definedIn(text) === name : line === symbol.line)
  const definition = change === "altered" ? hits.filter(isDefinition).slice(0, 1) : []
  const isTest = ofPath((path) => writtenKind(path) === "test")
  const tests = hits.filter(isTest)
  const uses = apart(byWorth(hits.filter((hit) => !isTest(hit) && !isDefinition(hit)), file.path), mostUses)
  if (uses.length + tests.length + definition.length === 0 && change !== "removed") return []
  const named = [...new Map(tests.map((hit) => [hit.path, hit])).values()].slice(0, mostTests)
  const excerpts = [
    ...yield* Effect.forEach(definition, (hit) => excerpt(lines, hit, 0, definitionLines - 1), { concurrency: 1 }),
    ...yield* Effect.forEach(uses, (hit) => excerpt(lines, hit, around, around), { concurrency: 1 })
  ].flat()
  const title = `### \`${name}\` ${changeText(symbol)}`
  const counts = uses.length === 0 ?
    "No use outside of the diff." :
    `Uses outside of the diff: ${uses.length === mostUses ? `the nearest ${mostUses}` : uses.length}.`
  const testText = named.length === 0
    ? "No test names it."
    : `Tests that name it: ${named.map(({ line, path }) => filePath(path, `:${line}`)).join(", ")}.`
  return [[title, `${counts} ${testText}`].join("\n"), ...excerpts]
})

const versions = (locked: ReadonlyArray<LockedVersion>): ReadonlyArray<string> =>
  locked.length === 0 ? [] : [
    `### Locked versions of what the hunks import\n${
      codeBlock(
        "untrusted-code",
        locked.map(({ lockFile, name, version }) => `${name} ${version} (${lockFile})`).join("\n")
      )
    }`
  ]

/** Length of the text of a linked issue. */
const longestIssue = 2_000

const issueText = ({ body, number, title }: LinkedIssue): string =>
  `### Linked issue #${number}\n${block("untrusted-issue", `${title}\n\n${body.trim()}`.trim().slice(0, longestIssue))}`

const backgroundText = ({ failedChecks, issues }: PullRequestBackground): ReadonlyArray<string> => [
  ...issues.map(issueText),
  ...(failedChecks.length === 0 ? [] : [
    `### Failed checks of the head\n${
      block("untrusted-issue", failedChecks.slice(0, mostChecks).map((name) => `- ${name.slice(0, 200)}`).join("\n"))
    }`
  ])
]

/** Paragraphs up to the budget; what does not fit is left out, and so is what would come after it. */
const within = (paragraphs: ReadonlyArray<string>): ReadonlyArray<string> => {
  let room = budget
  const end = paragraphs.findIndex((text) => (room -= tokensIn(text) + 2) < 0)
  return end === -1 ? paragraphs : paragraphs.slice(0, end)
}

const intro =
  "## Looked up for you\n\nWhat the pull request links to, and code outside of the diff that names what the change " +
  "touches. The code was found by names alone, and is not complete."

/** Parts of the change that evidence is wanted for. */
export interface EvidenceInput {
  readonly checkout: Pick<Checkout, "lines" | "syntax" | "words">
  /** The files of one prompt. */
  readonly files: ReadonlyArray<PlannedFile>
  /** All files of the change: what stands in their hunks is no evidence. */
  readonly changed: ReadonlyArray<ChangedFile>
  readonly background?: PullRequestBackground | undefined
}

/**
 * Looks up where the code outside of the diff uses what the change defines, alters or removes, which tests name it, and
 * which versions of the imported packages are locked. Where the search is not available, the review goes without it.
 */
export const evidence = Effect.fn("Evidence.gather")(function*(
  { background, changed, checkout, files }: EvidenceInput
) {
  const code = files.filter(({ kind }) => kind === "source" || kind === "test").map(({ file }) => file)
  const sources = files.filter(({ kind }) => kind === "source").map(({ file }) => file)
  const symbols = touchedSymbols(sources, yield* outlinesOf(checkout, sources)).slice(0, mostSymbols)
  const isShown = shownIn(changed)
  const found = yield* checkout.words(symbols.map(({ name }) => name)).pipe(
    Effect.catch(({ message }) =>
      Effect.as(Effect.logWarning(`Reviewing without the uses of what is changed: ${message}`), [] as const)
    )
  )
  const lines = readingOnce(checkout)
  const isWritten = ofPath((path) => generatedByPath(path) === undefined)
  const outside = found.filter((hit) => !isShown(hit) && isWritten(hit))
  const about = yield* Effect.forEach(symbols, (symbol) => {
    const isWord = new RegExp(String.raw`(?<![\w$])${symbol.name.replaceAll("$", "\\$")}(?![\w$])`)
    return aboutSymbol(lines, symbol, outside.filter(({ text }) => isWord.test(text)))
  }, { concurrency: 1 })
  const paragraphs = within([
    ...(background === undefined ? [] : backgroundText(background)),
    ...versions(yield* lockedVersions(checkout, code)),
    ...about.flat()
  ])
  const looked: EvidenceText = paragraphs.length === 0 ? [] : [intro, ...paragraphs]
  return looked
})
