import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import { type CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import { makeQuietLine } from "@nominal-code/domain/telemetry/QuietLine"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Option, Semaphore } from "effect"
import type { ForgeError } from "./ForgeError.ts"
import type { OutgoingText } from "./outgoing/OutgoingText.ts"

/** Name of the check on a commit. */
export const checkName = "Nominal Code"

/** Time limit of one update. */
const limit = "10 seconds"

/** Number of jobs whose checks are remembered. */
const remembered = 1_000

/** A check of one job, as this process has left it. */
interface KnownCheck {
  readonly commit: CheckedCommit
  /** Text that names the pull request. */
  readonly pullRequest: string
  readonly turn: Semaphore.Semaphore
  /** The forge's id, where its checks have one. */
  id: Option.Option<number>
  state: CheckState["_tag"]
  /** True if the forge has taken a state of it. */
  isShown: boolean
}

/** One forge's way to show a check. */
export interface CheckSender {
  /** Shows a state, on the check with the id if there is one, and returns the check's id. */
  send(
    commit: CheckedCommit,
    state: CheckState,
    id: Option.Option<number>
  ): Effect.Effect<Option.Option<number>, ForgeError>
  /** Present where a running check looks like a queued one. */
  readonly runsAsQueued?: true
  /** True if no check will be taken from this account in this repository. */
  isRefused(error: ForgeError): boolean
  /** Permission that is missing then. */
  readonly permission: string
}

/** Limits of a check's texts; the strictest of a forge is 65,535 characters for a summary. */
const [longestTitle, longestSummary, longestAnnotation] = [250, 60_000, 4_000]

/** A state whose texts have passed the gate. */
const fitState = (text: OutgoingText, state: CheckState): CheckState =>
  state._tag !== "Done" ? state : {
    ...state,
    title: oneLine(text.plain(state.title, longestTitle)),
    summary: text.markdown(state.summary, longestSummary),
    annotations: state.annotations.map((annotation) => ({
      ...annotation,
      title: oneLine(text.plain(annotation.title, longestTitle)),
      text: text.plain(annotation.text, longestAnnotation)
    }))
  }

const order: ReadonlyArray<CheckState["_tag"]> = ["Queued", "Running", "Done"]
const isBefore = (one: CheckState["_tag"], other: CheckState["_tag"]) => order.indexOf(one) < order.indexOf(other)

const superseded = CheckState.cases.Done.make({
  conclusion: "neutral",
  title: "Not reviewed: a newer commit is reviewed instead",
  summary: "A newer commit of the pull request is reviewed in place of this one.",
  annotations: []
})

/** Text of each state, for forges that show one line: at most 140 characters. */
export const descriptionOf = (state: CheckState): string =>
  CheckState.match(state, {
    Queued: () => "Waits for its review",
    Running: () => "Is being reviewed",
    Done: ({ title }) => title
  }).slice(0, 140)

/** Makes the writer of updates that failed. While a forge is away, each event would have its line. */
export const makeFailedUpdates = Effect.map(
  makeQuietLine(Effect.logInfo),
  (write) => ({ message }: ForgeError) => write(`the check on the commit could not be updated: ${message}`)
)

/**
 * Makes `Forge.check`. An update never fails and takes no longer than ten seconds. The updates of one job come in their
 * order, and none goes back: a process that is late with "queued" says it no more. Checks of older commits of a pull
 * request that this process has left queued or running are ended when the next job begins to run, since one lane runs
 * one job. Where the forge refuses checks, one line in the log says so, and the repository gets none until the next
 * start.
 */
export const makeChecks = Effect.fnUntraced(function*(
  { isRefused, permission, runsAsQueued, send }: CheckSender,
  text: OutgoingText
) {
  const checks = new Map<JobId, KnownCheck>()
  const off = new Set<RepoName>()
  const logFailed = yield* makeFailedUpdates

  const known = (commit: CheckedCommit): KnownCheck => {
    const there = checks.get(commit.jobId)
    if (there !== undefined && there.commit.headSha === commit.headSha) return there
    const check = {
      commit,
      pullRequest: String(commit.pullRequest),
      turn: Semaphore.makeUnsafe(1),
      id: Option.none<number>(),
      state: "Queued" as const,
      isShown: false
    }
    checks.delete(commit.jobId)
    checks.set(commit.jobId, check)
    for (const oldest of [...checks.keys()].slice(0, Math.max(0, checks.size - remembered))) checks.delete(oldest)
    return check
  }

  const failed = (repo: RepoName, error: ForgeError) => {
    if (!isRefused(error)) return logFailed(error)
    if (off.has(repo)) return Effect.void
    off.add(repo)
    return Effect.logWarning(
      `no check is shown on the commits of ${repo}: grant ${permission}, or set reviewer.check (REVIEWER_CHECK) to ` +
        `off: ${error.message}`
    )
  }

  const update = (check: KnownCheck, state: CheckState): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (isBefore(state._tag, check.state) || off.has(check.commit.pullRequest.repo)) return Effect.void
      check.state = state._tag
      if (runsAsQueued === true && state._tag === "Running" && check.isShown) return Effect.void
      return send(check.commit, fitState(text, state), check.id).pipe(
        Effect.map((id) => {
          check.id = id
          check.isShown = true
        }),
        Effect.catch((error) => failed(check.commit.pullRequest.repo, error))
      )
    }).pipe(check.turn.withPermits(1), Effect.timeoutOption(limit), Effect.asVoid)

  /** True for a check of an older commit that nobody will end: its job is over, was replaced, or reviews this commit. */
  const isLeft = ({ headSha, jobId, pullRequest }: CheckedCommit, state: CheckState["_tag"]) => {
    const name = String(pullRequest)
    return (check: KnownCheck) =>
      check.pullRequest === name && check.commit.headSha !== headSha && check.state !== "Done" &&
      (check.commit.jobId === jobId || state === "Running" || state === "Queued" && check.state === "Queued")
  }

  return Effect.fn("Forge.check")(function*(commit: CheckedCommit, state: CheckState) {
    const left = [...checks.values()].filter(isLeft(commit, state._tag))
    const check = known(commit)
    yield* Effect.forEach(left, (one) => update(one, superseded), { discard: true })
    yield* update(check, state)
  })
})
