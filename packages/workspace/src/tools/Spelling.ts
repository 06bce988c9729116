/** Finds the path of the repository that a model means, in any spelling. */
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { makeSpellingsInTurns } from "@nominal-code/domain/file/RepoPathSpelling"
import { Effect, Option, Schema } from "effect"
import * as Confinement from "../Confinement.ts"
import * as Objects from "../Objects.ts"
import { ToolError } from "../Tool.ts"
import type { ToolContext } from "./Reading.ts"

const isRepoPath = Schema.is(RepoPath)

/** The paths of files, and of the directories that they are in. */
const withDirectories = function*(files: Iterable<string>): Generator<string> {
  for (const file of files) {
    yield file
    for (let end = file.indexOf("/"); end !== -1; end = file.indexOf("/", end + 1)) yield file.slice(0, end)
  }
}

/** The spellings of each checkout's paths: those of 100,000 files take seconds to make. */
const made = new WeakMap<ToolContext, ReturnType<typeof makeSpellingsInTurns>>()

const spellingsOf = Effect.fnUntraced(function*(reading: ToolContext) {
  const { commits: { mergeBase }, listing, objects } = reading
  const before = made.get(reading)
  if (before !== undefined) return before
  const files = [...(yield* listing).map(({ path }) => path), ...yield* Objects.paths(objects, mergeBase)]
  const spellings = makeSpellingsInTurns(withDirectories(files))
  made.set(reading, spellings)
  return spellings
})

/** The one file or directory, at the head or where the pull request began, that has a name like this. */
const spelled = Effect.fnUntraced(function*(reading: ToolContext, given: string) {
  const spellings = yield* spellingsOf(reading)
  const meant = yield* spellings(given.replace(/(?<=.)\/+$/, ""))
  return meant._tag === "One" ? Option.some(meant.path) : Option.none<string>()
}, Effect.orElseSucceed(() => Option.none<string>()))

/** `Confinement.locate` for what is written for a path; a path that is there as it is written is that path. */
export const locate = (
  reading: ToolContext,
  field: string,
  given: string,
  kind: Parameters<typeof Confinement.locate>[3]
) =>
  Confinement.locate(reading, field, given, kind).pipe(
    Effect.catchTag(
      "ToolError",
      (error) =>
        Effect.flatMap(spelled(reading, given), (path) =>
          Option.isNone(path) || path.value === given
            ? Effect.fail(error)
            : Confinement.locate(reading, field, path.value, kind))
    )
  )

const isThere = Effect.fnUntraced(function*({ commits: { head, mergeBase }, objects }: ToolContext, path: string) {
  for (const commit of new Set([head, mergeBase])) {
    if (isRepoPath(path) && Option.isSome(yield* objects.entry(commit, path))) return true
  }
  return false
}, Effect.orElseSucceed(() => true))

/** `Confinement.relative` for what is written for a path. A path that is nowhere stays: git may know it from before. */
export const relative = Effect.fnUntraced(function*(reading: ToolContext, field: string, given: string) {
  const plain = yield* Effect.result(Confinement.relative(field, given))
  if (plain._tag === "Success" && (plain.success === "" || (yield* isThere(reading, plain.success)))) {
    return plain.success
  }
  const path = yield* spelled(reading, given)
  if (Option.isSome(path)) return yield* Confinement.relative(field, path.value)
  return plain._tag === "Success" ? plain.success : yield* new ToolError({ message: plain.failure.message })
})
