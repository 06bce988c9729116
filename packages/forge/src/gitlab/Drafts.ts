import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { markersIn } from "@nominal-code/domain/review/Marker"
import { Data, Effect, Option, Schema, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { isUnavailable, transient } from "../Retries.ts"
import { draftNotes, isOlderThan, type OwnId } from "./Account.ts"
import type { GitLabClient, GitLabResources } from "./Client.ts"
import { isNotFound, isRefused } from "./Failure.ts"
import { operationOf } from "./Operation.ts"
import type { Position } from "./Positions.ts"

const Draft = Schema.Struct({
  id: Schema.Int,
  author_id: Schema.Int,
  note: Schema.String,
  line_code: Schema.optional(Schema.NullOr(Schema.String))
})
type Draft = typeof Draft.Type

/** This GitLab has no API for draft notes, or only a part of it. */
export class NoDraftNotes extends Data.TaggedError("NoDraftNotes") {}

/**
 * Draft notes, which only our account sees, and their publication, right before which the queue is asked. A run that
 * lost its lease can leave drafts behind and nothing more; the run that took over deletes them first.
 */
export const makeDrafts = (client: GitLabClient, ownId: OwnId) => {
  /** GitLab answers 404 where it has no such call yet: lists of draft notes came before their creation. */
  const unlessOlder = <A, E>(call: Effect.Effect<A, E>) =>
    Effect.catchIf(call, isNotFound, (error) =>
      Effect.flatMap(
        isOlderThan(client, draftNotes),
        (older) => Effect.fail(older ? new NoDraftNotes() : error)
      ))

  const list = (
    operation: string,
    ref: PullRequestRef
  ): Effect.Effect<ReadonlyArray<Draft>, ForgeError | NoDraftNotes> =>
    unlessOlder(
      client.pages({
        operation: operationOf(operation, ref),
        ask: (gitlab, page) => gitlab.MergeRequestDraftNotes.all(ref.repo, ref.number, page),
        answer: Draft
      }).pipe(Stream.runCollect)
    )

  const removal = (operation: string, ref: PullRequestRef, id: number) => ({
    operation: operationOf(operation, ref),
    ask: (gitlab: GitLabResources) => gitlab.MergeRequestDraftNotes.remove(ref.repo, ref.number, id),
    answer: Schema.Unknown
  })

  /** Deletes a draft of this run's own. Nobody else counts on it, so nobody is asked. */
  const discardOwn = (ref: PullRequestRef, id: number) =>
    Effect.catchIf(client.request(removal("publish", ref, id)), isNotFound, () => Effect.void)

  /**
   * Deletes drafts that other runs of our jobs left behind. Drafts without a marker are a person's. The last goes first:
   * it is the summary, and what another run publishes meanwhile is then no review, because it is without one.
   */
  const discard = (operation: string, ref: PullRequestRef, drafts: ReadonlyArray<Draft>) =>
    Effect.forEach(
      drafts.filter(({ note }) => markersIn(note).length > 0).toSorted((one, other) => other.id - one.id),
      ({ id }) => Effect.catchIf(client.write(removal(operation, ref, id)), isNotFound, () => Effect.void),
      { discard: true }
    )

  /** Deletes what other runs left behind. False where there are no draft notes. */
  const clear = (operation: string, ref: PullRequestRef) =>
    list(operation, ref).pipe(
      Effect.flatMap((drafts) => discard(operation, ref, drafts)),
      Effect.as(true),
      Effect.catchTag("NoDraftNotes", () => Effect.succeed(false))
    )

  /** Makes a draft. GitLab may have carried out a request that it answered 502, so what is there is looked at first. */
  const make = (ref: PullRequestRef, note: string, position?: Position) => {
    const once = client.write({
      operation: operationOf("publish", ref),
      // gitbeaker's own method has the types of a position wrong.
      ask: (gitlab) =>
        gitlab.MergeRequestDraftNotes.requester.post(
          `projects/${encodeURIComponent(ref.repo)}/merge_requests/${ref.number}/draft_notes`,
          { body: { note, ...(position === undefined ? {} : { position }) } }
        ).then(({ body }) => body),
      answer: Draft
    }).pipe(unlessOlder, Effect.tap(({ author_id }) => ownId.learn(author_id)))
    const again = Effect.flatMap(list("publish", ref), (drafts) => {
      const there = drafts.find((draft) => draft.note.trim() === note.trim())
      return there === undefined ? once : Effect.succeed(there)
    }).pipe(Effect.delay("1 second"), Effect.retry({ schedule: transient, while: isUnavailable }))
    return Effect.catchIf(once, isUnavailable, () => again)
  }

  /**
   * Makes the draft of a comment on the diff; none if GitLab finds no such place. It takes such a draft all the same, and
   * loses it when it is published: the draft then has no line code.
   */
  const makePlaced = (ref: PullRequestRef, note: string, position: Position) =>
    make(ref, note, position).pipe(
      Effect.flatMap((draft) =>
        draft.line_code ? Effect.succeedSome(draft.id) : Effect.as(discardOwn(ref, draft.id), Option.none<number>())
      ),
      Effect.catchIf(isRefused, () => Effect.succeedNone),
      // Some wrong places make GitLab answer 500, always. While it is away altogether, so is its list of drafts.
      Effect.catchIf(isUnavailable, () => Effect.as(list("publish", ref), Option.none<number>()))
    )

  const publishOne = (ref: PullRequestRef, id: number) =>
    client.write({
      operation: operationOf("publish", ref),
      ask: (gitlab) => gitlab.MergeRequestDraftNotes.publish(ref.repo, ref.number, id),
      answer: Schema.Unknown
    }).pipe(Effect.catchIf(isNotFound, () => Effect.void))

  /**
   * Publishes this run's drafts in their order: all at once, or each by itself if the account's owner has begun a review
   * of their own, which is theirs to publish. Drafts that another run made meanwhile are deleted before.
   */
  const publish = (
    ref: PullRequestRef,
    own: ReadonlyArray<number>
  ): Effect.Effect<void, ForgeError | NoDraftNotes | RunNotWanted> =>
    Effect.gen(function*() {
      const there = yield* list("publish", ref)
      const isOwn = ({ id }: Draft) => own.includes(id)
      yield* discard("publish", ref, there.filter((draft) => !isOwn(draft)))
      if (!there.some(isOwn)) return
      if (there.some((draft) => !isOwn(draft) && markersIn(draft.note).length === 0)) {
        return yield* Effect.forEach(own, (id) => publishOne(ref, id), { discard: true })
      }
      yield* client.write({
        operation: operationOf("publish", ref),
        ask: (gitlab) => gitlab.MergeRequestDraftNotes.publishBulk(ref.repo, ref.number),
        answer: Schema.Unknown
      }).pipe(unlessOlder)
    }).pipe(Effect.retry({ schedule: transient, while: isUnavailable }))

  return { clear, discardOwn, make, makePlaced, publish }
}

export type GitLabDrafts = ReturnType<typeof makeDrafts>
