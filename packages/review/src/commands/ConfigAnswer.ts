import { type Filters, noFilters } from "@nominal-code/domain/event/Filters"
import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { ReviewMode } from "@nominal-code/domain/review/Marker"
import { repositoryFile } from "@nominal-code/domain/settings/RepositoryFile"
import { type RepositorySettings, within } from "@nominal-code/domain/settings/RepositorySettings"
import { type ReviewSettings, verifierOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge } from "@nominal-code/forge/Forge"
import { codeSpan } from "@nominal-code/forge/Markdown"
import { Effect, Option } from "effect"
import { generalFile } from "../context/GuidelineFiles.ts"
import * as RepositoryConfig from "../context/RepositoryConfig.ts"
import { ReviewConfig } from "../ReviewConfig.ts"

/** Facts that the answer to `config` is made of. */
interface Facts {
  readonly settings: ReviewSettings
  /** Origin of a setting of the server, by its YAML paths: the first that is set. */
  readonly from: (...paths: ReadonlyArray<string>) => string
  readonly mode: ReviewMode
  readonly baseBranch: string
  readonly own: RepositorySettings
  /** State of the repository's file, in words. */
  readonly file: string
  readonly hasGuidelines: boolean
}

/** A setting that applies: its name, its value and its origin. */
type Row = readonly [name: string, value: string, from: string]

const isOn = (on: boolean): string => on ? "on" : "off"

const code = (text: string | number): string => codeSpan(String(text))

const capped = (dollars: number | undefined): string => dollars === undefined ? "not limited" : `at most ${dollars} USD`

const listed = (values: ReadonlyArray<string>): string => values.length === 0 ? "none" : values.map(code).join(", ")

const filtersText = (filters: Filters): string => {
  const { authors, baseBranches, headBranches, labels, maxFiles, maxLines, paths, titles } = filters
  const named = { authors, "base branches": baseBranches, "head branches": headBranches, labels, titles, paths }
  const texts = [
    ...Object.entries(named).flatMap(([name, entries]) => entries.length === 0 ? [] : [`${name} ${listed(entries)}`]),
    ...(maxFiles === 0 ? [] : [`at most ${maxFiles} files`]),
    ...(maxLines === 0 ? [] : [`at most ${maxLines} lines`])
  ]
  return texts.length === 0 ? "everything" : texts.join("; ")
}

const filterPaths = ["authors", "base_branches", "head_branches", "labels", "titles", "paths", "max_files", "max_lines"]
  .map((name) => `filters.${name}`)

const ownFile = (baseBranch: string): string => `${code(repositoryFile)} of ${code(baseBranch)}`

const nitsText = { post: "posted", fold: "listed in the summary", off: "left out" } as const

/** Origin of what the server and the repository both add to. */
const bothFrom = (there: string, isOwn: boolean, server: string, isServers: boolean): string =>
  !isOwn ? server : isServers ? `${there}; ${server}` : there

/** Rows of what a repository may narrow. */
const narrowedRows = ({ baseBranch, from, own, settings }: Facts): ReadonlyArray<Row> => {
  const applying = within(settings, own)
  const there = ownFile(baseBranch)
  const narrowed = (isOwn: boolean, path: string) => isOwn ? there : from(path)
  const { filters = noFilters, triggers } = settings
  const starting = own.triggers === undefined ? triggers : triggers?.filter((kind) => own.triggers?.includes(kind))
  const ownFilters = filtersText(own.filters)
  return [
    ...(starting === undefined
      ? []
      : [["starts by itself", listed(starting), narrowed(own.triggers !== undefined, "reviewer.triggers")] as const]),
    ["suggestions", isOn(applying.inlineSuggestions), narrowed(!own.inlineSuggestions, "reviewer.inline_suggestions")],
    [
      "ignored files",
      listed(applying.ignorePatterns),
      bothFrom(
        there,
        own.ignorePatterns.length > 0,
        from("reviewer.ignore_patterns"),
        settings.ignorePatterns.length > 0
      )
    ],
    [
      "lowest severity that is reported",
      code(applying.minSeverity),
      narrowed(applying.minSeverity !== settings.minSeverity, "reviewer.min_severity")
    ],
    [
      "findings that are posted",
      applying.maxFindings === 0 ? "not limited" : `at most ${applying.maxFindings}, more of a large change`,
      narrowed(applying.maxFindings !== settings.maxFindings, "reviewer.max_findings")
    ],
    [
      "findings of severity `low`",
      nitsText[applying.nits],
      narrowed(applying.nits !== settings.nits, "reviewer.nits")
    ],
    ...(Object.keys(applying.paths).length === 0 ? [] : [
      [
        "paths with other limits",
        listed(Object.keys(applying.paths)),
        bothFrom(
          there,
          Object.keys(own.paths).length > 0,
          from("reviewer.paths"),
          Object.keys(settings.paths).length > 0
        )
      ] as const
    ]),
    [
      "language",
      Option.match(applying.language, { onNone: () => "the model's choice", onSome: code }),
      narrowed(Option.isSome(own.language), "reviewer.language")
    ],
    ["reviewed by itself", filtersText(filters), from(...filterPaths)],
    ...(ownFilters === "everything" ? [] : [["and of that", ownFilters, there] as const])
  ]
}

/** Rows of what is the server's alone. */
const serverRows = ({ from, settings }: Facts): ReadonlyArray<Row> => {
  const { failOn, ignoreExistingComments, ignoreLabel, limits = {}, maxCostUsd, reviewer } = settings
  return [
    ["label that stops reviews", ignoreLabel === "" ? "none" : code(ignoreLabel), from("reviewer.ignore_label")],
    [
      "model",
      `${code(reviewer.model)} of ${code(reviewer.provider)}`,
      from("agent.reviewer.model", "agent.reviewer.provider")
    ],
    [
      "turns of a review",
      reviewer.maxTurns === 0 ? "not limited" : `at most ${reviewer.maxTurns}`,
      from("agent.reviewer.max_turns")
    ],
    [
      "findings are verified",
      settings.verify ? `by ${code(verifierOf(settings).model)}` : "off",
      from("reviewer.verify", "agent.verifier.model")
    ],
    ["cost of a review", capped(maxCostUsd), from("agent.max_cost_usd")],
    ["cost of this pull request", capped(limits.pullRequestUsd), from("limits.pull_request_usd")],
    ["cost of this repository in a day (UTC)", capped(limits.repositoryUsd), from("limits.repository_usd")],
    [
      "check fails for open findings",
      failOn === undefined ? "never" : `from ${code(failOn)} on`,
      from("reviewer.fail_on")
    ],
    ["existing comments", ignoreExistingComments ? "not read" : "read", from("ignore_existing_comments")]
  ]
}

const rowsOf = (facts: Facts): ReadonlyArray<Row> => {
  const { baseBranch, file, from, hasGuidelines, mode, settings } = facts
  return [
    ["reviews", mode, mode === "active" ? "the default" : "a command on this pull request"],
    ...narrowedRows(facts),
    ...serverRows(facts),
    [
      "guidelines",
      hasGuidelines ? code(generalFile) : settings.codingGuidelines === "" ? "none" : "the server's",
      hasGuidelines ? code(baseBranch) : from("prompts.coding_guidelines_file", "prompts.coding_guidelines")
    ],
    ["files for agents", "`AGENTS.md`, `CLAUDE.md` and their like", `${code(baseBranch)}, where it has them`],
    ["the repository's own settings", code(repositoryFile), file]
  ]
}

/** A cell of a table, which a pipe would end. */
const cell = (text: string): string => text.replaceAll("|", String.raw`\|`)

const fileState = (text: Option.Option<string>, problem: Option.Option<string>, branch: string): string =>
  Option.isNone(text)
    ? `${code(branch)} has no such file`
    : Option.match(problem, {
      onNone: () => `read from ${code(branch)}`,
      onSome: (why) => `${code(branch)}, but not used: ${why}`
    })

/**
 * Answer to `config`: the settings that apply to a pull request, each with its origin. The repository's file is read from
 * the base branch through the forge's API, since the server of a cluster has no checkout.
 */
export const configAnswer = Effect.fn("ConfigAnswer")(function*(ref: PullRequestRef, mode: ReviewMode) {
  const { origins, settings } = yield* ReviewConfig
  const forge = yield* Forge
  const { baseBranch } = yield* forge.pullRequest(ref)
  const text = yield* forge.file(ref.repo, baseBranch, repositoryFile)
  const guidelines = yield* forge.file(ref.repo, baseBranch, generalFile)
  const own = RepositoryConfig.parse(Option.getOrElse(text, () => ""))
  const rows = rowsOf({
    settings,
    mode,
    baseBranch,
    own: own.settings,
    file: fileState(text, own.problem, baseBranch),
    hasGuidelines: Option.exists(guidelines, (text) => text.trim() !== ""),
    from: (...paths) =>
      origins === undefined
        ? "the server"
        : paths.flatMap((path) => origins[path] ?? [])[0] ?? "the default"
  })
  return [
    "These settings apply to this pull request:\n",
    "| setting | value | from |",
    "|---|---|---|",
    ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`)
  ].join("\n")
})
