import { isBotAccount } from "@nominal-code/domain/event/BotAccount"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { Job } from "@nominal-code/domain/job/Job"
import { markersIn } from "@nominal-code/domain/review/Marker"
import type { Discussion } from "@nominal-code/domain/review/Review"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"

/** Test if we have written something. */
export type OwnPostTest = (said: Pick<Discussion, "author" | "own">) => boolean

/** Id of the thread that an event's comment stands in, or begins. */
export const threadIdOf = (event: PullRequestEvent): string | undefined => {
  if (event._tag === "Lifecycle") return undefined
  return event.threadId ?? (event.kind === "review_comment" ? String(event.commentId) : undefined)
}

/** Maximum number of comments of a conversation: the newest say where it stands. */
const mostComments = 20

/** Comments of the thread that an event's comment stands in, oldest first; none where it stands in none. */
export const threadOf = (
  event: PullRequestEvent,
  discussions: ReadonlyArray<Discussion>
): ReadonlyArray<Discussion> => {
  const id = threadIdOf(event)
  return id === undefined ? [] : discussions.filter(({ threadId }) => threadId === id)
}

/**
 * Conversation that an event's comment belongs to, without that comment, oldest first: its thread with the comment that
 * began it or, where it stands in none, what was said below the pull request, with our open findings.
 */
export const conversationOf = (
  event: PullRequestEvent,
  discussions: ReadonlyArray<Discussion>,
  isOurs: OwnPostTest
): ReadonlyArray<Discussion> => {
  const thread = threadOf(event, discussions)
  const onDiff = event._tag === "Comment" && event.filePath !== undefined
  const isOpenFinding = (one: Discussion) =>
    !one.resolved && isOurs(one) && markersIn(one.body).some(({ fingerprint }) => fingerprint !== undefined)
  const all = onDiff || thread.length > 1
    ? thread
    : discussions.filter((one) => one.path === undefined || isOpenFinding(one))
  const body = event._tag === "Comment" ? event.body : ""
  const own = all.findLastIndex((one) => one.body.trim() === body.trim())
  const [first, ...rest] = own === -1 ? all : all.slice(0, own)
  return first === undefined ? [] : [first, ...rest.slice(1 - mostComments)]
}

/** Makes the test if we have written something: the forge says so, or its author has our name. */
export const isOurs = (job: Job, { botUsername }: ReviewSettings): OwnPostTest => {
  const isNamedSo = isBotAccount([botUsername, job.lane.bot])
  return ({ author, own }) => own === true || isNamedSo(author)
}
