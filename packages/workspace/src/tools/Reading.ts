import type { Context, FileSystem, Path } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import type { Git } from "../Git.ts"
import type { Commits } from "../Mirror.ts"
import type { ObjectReader } from "../ObjectReader.ts"

/** Context of the tools of one checkout. */
export interface ToolContext {
  /** The real path of the checkout. */
  readonly directory: string
  readonly gitDir: string
  readonly objects: ObjectReader
  readonly commits: Commits
  readonly services: Context.Context<FileSystem.FileSystem | Path.Path | Git | ChildProcessSpawner.ChildProcessSpawner>
}

/** Limits of one answer of a tool. */
export const MAX_CHARACTERS = 30_000

/** An answer within its bound, saying so when there was more. */
export const bounded = (text: string, cut = false): string =>
  cut || text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}\n...(truncated)` : text
