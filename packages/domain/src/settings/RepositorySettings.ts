import { Option, Record } from "effect"
import { type Filters, noFilters } from "../event/Filters.ts"
import type { LifecycleKind } from "../event/PullRequestEvent.ts"
import { Severity } from "../review/Finding.ts"
import { type Nits, type PathRules, quieter, stricter, within as withinLimits } from "../review/Selection.ts"
import type { ReviewSettings } from "./ReviewSettings.ts"

/** Settings that a repository makes for itself. */
export interface RepositorySettings {
  /** Absent: those of the server. */
  readonly triggers?: ReadonlyArray<LifecycleKind>
  readonly filters: Filters
  readonly ignorePatterns: ReadonlyArray<string>
  readonly inlineSuggestions: boolean
  readonly minSeverity: Severity
  /** 0: no limit of its own. */
  readonly maxFindings: number
  readonly nits: Nits
  readonly paths: PathRules
  readonly language: Option.Option<string>
}

/** Settings of a repository that makes none. */
export const noRepositorySettings: RepositorySettings = {
  filters: noFilters,
  ignorePatterns: [],
  inlineSuggestions: true,
  minSeverity: "low",
  maxFindings: 0,
  nits: "post",
  paths: {},
  language: Option.none()
}

/** The smaller of two limits, of which 0 is none. */
const smaller = (one: number, other: number): number => one === 0 || other === 0 ? one + other : Math.min(one, other)

/**
 * Settings of a server for a repository with settings of its own, which only narrow what the server allows. Of its
 * patterns and rules of paths, those of the server come last: they have the last word. The filters of both hold, and stay apart.
 */
export const within = (server: ReviewSettings, own: RepositorySettings): ReviewSettings => ({
  ...server,
  ignorePatterns: [...own.ignorePatterns, ...server.ignorePatterns],
  inlineSuggestions: server.inlineSuggestions && own.inlineSuggestions,
  minSeverity: stricter(server.minSeverity, own.minSeverity),
  maxFindings: smaller(server.maxFindings, own.maxFindings),
  nits: quieter(server.nits, own.nits),
  paths: {
    // A pattern of both keeps the place of the first, so that others of the repository's would come after the server's.
    ...withinLimits(Record.filter(own.paths, (_, pattern) => !Object.hasOwn(server.paths, pattern)), server),
    ...withinLimits(server.paths, own)
  },
  language: Option.orElse(own.language, () => server.language)
})

/** True for what is reported where findings have to be of some severity. */
export const isSevereEnough = (least: Severity) => ({ severity }: { readonly severity: Severity }): boolean =>
  Severity.literals.indexOf(severity) <= Severity.literals.indexOf(least)
