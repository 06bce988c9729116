import { DiffIndex } from "@nominal-code/domain/diff/DiffIndex"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Ref } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import type { AlreadyReviewed, Drafts, ForeignDraft } from "./Drafts.ts"
import { isUnprocessable } from "./Failure.ts"

type Comments = ReadonlyArray<InlineComment>

/** Maximum number of requests in a search for refused comments. GitHub allows 80 posts a minute. */
const maxProbes = 40

/** Comments that stand beside the diff as GitHub lists it. A file that it lists without its diff may take any. */
export const besideDiff = (comments: Comments, files: ReadonlyArray<ChangedFile>): Comments => {
  const index = DiffIndex.make(files)
  const unknown = new Set(files.filter(({ patch }) => patch === undefined).map(({ path }) => path))
  return comments.filter(({ finding: { line, path, side, startLine = line } }) =>
    !unknown.has(path) && Option.isNone(index.code(path, side, line, startLine))
  )
}

/** Makes the search for the comments of a review that GitHub refuses. */
export const makeRefusedComments = (drafts: Drafts) => {
  /** Tests with a draft, which nobody else sees, if GitHub takes these comments. */
  const accepts = Effect.fnUntraced(function*(draft: ReviewDraft, comments: Comments) {
    yield* drafts.discardOwn(draft.pullRequest, yield* drafts.create(draft, comments, []))
    return true
  }, Effect.catchIf(isUnprocessable, () => Effect.succeed(false)))

  /** Finds the comments that GitHub refuses, by bisection: its answer does not name them in a usable way. */
  const refusedOf = Effect.fnUntraced(function*(
    draft: ReviewDraft,
    suspects: Comments,
    probes: Ref.Ref<number>
  ): Effect.fn.Return<Comments, ForgeError | RunNotWanted | AlreadyReviewed | ForeignDraft> {
    if (suspects.length < 2) return suspects
    const [left, right] = [suspects.slice(0, suspects.length >> 1), suspects.slice(suspects.length >> 1)]
    const ask = (half: Comments) =>
      Effect.flatMap(
        Ref.getAndUpdate(probes, (n) => n + 1),
        (asked) => asked < maxProbes ? accepts(draft, half) : Effect.succeed(false)
      )
    if (yield* ask(left)) return yield* refusedOf(draft, right, probes)
    const refused = yield* refusedOf(draft, left, probes)
    return (yield* ask(right)) ? refused : [...refused, ...(yield* refusedOf(draft, right, probes))]
  })

  return { accepts, refusedOf }
}
