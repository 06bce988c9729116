import { escapeCharacter } from "@nominal-code/domain/file/RepoPathSpelling"
import { invisible } from "@nominal-code/domain/text/Invisible"
import { Context, Effect, Path } from "effect"
import { ChildProcessSpawner } from "effect/process"
import { Git } from "../Git.ts"
import * as Listing from "../Listing.ts"
import * as ObjectReader from "../ObjectReader.ts"
import * as Syntax from "../syntax/Syntax.ts"
import { type Tool, ToolError, type ToolPlace } from "../Tool.ts"
import * as GitBlame from "./GitBlame.ts"
import * as GitDiff from "./GitDiff.ts"
import * as GitLog from "./GitLog.ts"
import * as GitShow from "./GitShow.ts"
import * as Glob from "./Glob.ts"
import * as Grep from "./Grep.ts"
import * as Read from "./Read.ts"
import { bounded, type ToolContext } from "./Reading.ts"
import * as Symbols from "./Symbols.ts"

/**
 * Shows characters that only look like the end of a line, so that a file's text cannot pass for a line of its own, and
 * those that nobody sees, so that a text cannot say more to a model than to its reviewers.
 */
const showUnseen = (text: string): string => {
  const shown = text.replaceAll(/\r(?!\n)|[\v\f\u0085\u2028\u2029]/g, escapeCharacter)
    .replaceAll(invisible, escapeCharacter)
  return shown.length === text.length ? text : bounded(shown)
}

/** Number of calls of all tools of one checkout, whoever of a review's agents makes them. */
const MAX_CALLS = 1_000

const usedUp = new ToolError({
  message: `Not run: this review has used its ${MAX_CALLS} tool calls. Hand in what you have.`
})

/** Tools of a checkout. Results and failures go through `redact`. */
export const make = (reading: ToolContext, redact: (text: string) => string): ReadonlyArray<Tool> => {
  const { commits, gitDir } = reading
  let calls = 0
  const counted = <A>(call: Effect.Effect<A, ToolError>) =>
    Effect.suspend(() => ++calls > MAX_CALLS ? Effect.fail(usedUp) : call)
  return [
    Read.make(reading),
    Glob.make(reading),
    Grep.make(reading),
    Symbols.definition(reading),
    Symbols.references(reading),
    GitLog.make(reading),
    GitBlame.make(reading),
    GitShow.make(reading),
    GitDiff.make(reading)
  ].map((tool): Tool => ({
    ...tool,
    place: { gitDir, commits },
    run: (input) =>
      counted(tool.run(input)).pipe(
        Effect.map((text) => redact(showUnseen(text))),
        Effect.mapError((error) => new ToolError({ message: redact(error.message) }))
      )
  }))
}

/** Tools of a checkout that another process has made, and that this one may only read. It knows no secret to hide. */
export const at = Effect.fn("Tools.at")(function*({ commits, gitDir }: ToolPlace) {
  const services = Context.pick(Path.Path, Git, ChildProcessSpawner.ChildProcessSpawner)(
    yield* Effect.context<Path.Path | Git | ChildProcessSpawner.ChildProcessSpawner>()
  )
  const objects = yield* ObjectReader.make(gitDir)
  const listing = yield* Listing.make(objects, commits.head)
  const syntax = yield* Syntax.make()
  return make({ gitDir, commits, objects, listing, services, syntax }, (text) => text)
})
