import { assert } from "@effect/vitest"
import type { Failure } from "@nominal-code/domain/job/Failure"
import { eventKeyOf, type Job, type JobId, type JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { Notice } from "@nominal-code/domain/job/Notice"
import { LeaseTask, OfferResult, Settlement, type StopReason } from "@nominal-code/jobs/JobQueue"
import type { JobState } from "@nominal-code/jobs/JobRecords"
import type { JobRequestResult } from "@nominal-code/jobs/QueueAdmin"
import { Duration } from "effect"

/* Model of a queue in plain code, with which the answers of each store are compared. */

const { cases: { Review }, guards } = LeaseTask
const notice = (one: Notice) => LeaseTask.cases.Notice.make({ notice: one })

/** A job as the model knows it. */
export interface Entry {
  readonly job: Job
  readonly event: string
  readonly lifecycle: boolean
  order: number
  state: JobState
  task: LeaseTask
  attempts: number
  /** The number of its last run. */
  run: number
  losses: number
  notBefore: number
  since: number
  failure: Failure | undefined
  waitsFor: string | undefined
  stop: StopReason | undefined
  again: boolean
  stoodFor: ReadonlyArray<JobId>
  supersededBy: JobId | undefined
  outcome: JobOutcome | undefined
}

const rest = (losses: number) => losses < 2 ? 0 : Math.min(10_000 * 3 ** (losses - 2), 1_800_000)

/** True if the head that a lifecycle event was about is reviewed. */
const foundHead = ({ event }: Job, outcome: JobOutcome) =>
  event._tag === "Lifecycle" && (outcome._tag === "Reviewed" || outcome._tag === "Skipped") &&
  (outcome._tag === "Reviewed" || outcome.reason === "head-reviewed") && outcome.headSha === event.headSha

const isReview = ({ task }: Entry) => guards.Review(task)
const turn = (entry: Entry) => {
  if (entry.state === "running") return 0
  if (!isReview(entry)) return 1
  return entry.lifecycle ? 3 : 2
}

const stands = ({ job, lifecycle, outcome, state, task }: Entry): boolean => {
  if (state === "waiting" || state === "running") return !lifecycle || guards.Review(task)
  return state === "done" && (!lifecycle || (outcome !== undefined && foundHead(job, outcome)))
}

/** A model of a queue whose lanes take so many comments, and whose pushes stop the run before them. */
export const make = (capacity: number) => {
  const entries: Array<Entry> = []
  let order = 0

  const find = (id: string) => entries.find(({ job }) => job.id === id)
  const inLane = (lane: Lane) => entries.filter(({ job }) => job.lane === lane)
  const active = (lane: Lane) =>
    inLane(lane).filter(({ state }) => state === "waiting" || state === "running").sort((a, b) =>
      turn(a) - turn(b) || a.order - b.order
    )
  const waitingPush = (lane: Lane) =>
    active(lane).find((one) => one.state === "waiting" && one.lifecycle && isReview(one))
  const comments = (lane: Lane) =>
    active(lane).filter((one) => one.state === "waiting" && !one.lifecycle && isReview(one)).length

  const afresh = (entry: Entry, now: number) =>
    Object.assign(entry, {
      order: ++order,
      state: "waiting",
      task: Review.make({}),
      attempts: 0,
      losses: 0,
      notBefore: 0,
      since: now,
      failure: undefined,
      waitsFor: undefined,
      stop: undefined,
      again: false,
      supersededBy: undefined
    })

  const add = (job: Job, now: number): Entry => {
    const known = find(job.id)
    if (known !== undefined) return Object.assign(afresh(known, now), { stoodFor: [] })
    const entry: Entry = {
      job,
      event: eventKeyOf(job.event),
      lifecycle: job.event._tag === "Lifecycle",
      order: ++order,
      state: "waiting",
      task: Review.make({}),
      attempts: 0,
      run: 0,
      losses: 0,
      notBefore: 0,
      since: now,
      failure: undefined,
      waitsFor: undefined,
      stop: undefined,
      again: false,
      stoodFor: [],
      supersededBy: undefined,
      outcome: undefined
    }
    entries.push(entry)
    return entry
  }

  const supersede = (older: Entry, newer: Entry | undefined) => {
    if (newer !== undefined) newer.stoodFor = [...newer.stoodFor, ...older.stoodFor, older.job.id]
    Object.assign(older, {
      state: "superseded",
      supersededBy: newer?.job.id,
      stoodFor: [],
      stop: undefined,
      failure: undefined,
      waitsFor: undefined
    })
  }

  /** It waits again, unless a newer push waits by now. */
  const giveBack = (entry: Entry, notBefore: number) => {
    const newer = entry.lifecycle && isReview(entry) ? waitingPush(entry.job.lane) : undefined
    if (newer !== undefined) return supersede(entry, newer)
    Object.assign(entry, { state: "waiting", notBefore })
  }

  const offer = (job: Job, now: number): OfferResult => {
    const known = find(job.id)
    if (known !== undefined && known.state !== "parked") return OfferResult.cases.Duplicate.make({ jobId: job.id })
    const lane = job.lane
    const twin = inLane(lane).find((one) => one !== known && one.event === eventKeyOf(job.event) && stands(one))
    if (twin !== undefined) {
      if (twin.lifecycle && twin.state === "running") twin.again = true
      return OfferResult.cases.Duplicate.make({ jobId: twin.job.id })
    }
    if (job.event._tag === "Comment") {
      const waiting = comments(lane)
      if (waiting < capacity) {
        add(job, now)
        return OfferResult.cases.Accepted.make({ jobId: job.id })
      }
      const told = !active(lane).some(({ task }) => guards.Notice(task) && task.notice._tag === "Busy")
      if (told) add(job, now).task = notice(Notice.cases.Busy.make({}))
      return OfferResult.cases.Full.make({ waiting, told })
    }
    const running = active(lane).find(({ state }) => state === "running")
    if (job.event.kind === "pr_push" && running?.lifecycle === true && isReview(running)) running.stop ??= "superseded"
    const older = waitingPush(lane)
    const entry = add(job, now)
    if (older === undefined) return OfferResult.cases.Accepted.make({ jobId: job.id })
    supersede(older, entry)
    return OfferResult.cases.Accepted.make({ jobId: job.id, superseded: older.job.id })
  }

  /** The lane's next lease; `isHeld`: the last one still lasts. */
  const take = (lane: Lane, now: number, isHeld: boolean): Entry | undefined => {
    const [head] = active(lane)
    if (head === undefined || isHeld) return undefined
    if (head.state === "running" && head.stop === undefined) {
      head.losses++
      if (isReview(head)) head.attempts--
      head.run -= isReview(head) ? 1 : 0
      giveBack(head, now + rest(head.losses))
      return take(lane, now, false)
    }
    if (head.state === "waiting" && head.notBefore > now) return undefined
    if (head.state === "waiting" && isReview(head)) {
      head.attempts++
      head.run++
    }
    head.waitsFor = undefined
    head.state = "running"
    return head
  }

  const fail = (entry: Entry, failure: Failure) => {
    if (isReview(entry)) entry.failure = failure
  }
  const settle = (entry: Entry, settlement: Settlement, now: number): void => {
    const again = settlement._tag !== "Done" && settlement._tag !== "Park"
    if (entry.stop !== undefined && again) return
    const uncounted = () => {
      if (isReview(entry)) entry.attempts--
    }
    Settlement.match(settlement, {
      Done: ({ outcome }) => {
        if (entry.again && entry.stop === undefined && !foundHead(entry.job, outcome)) {
          Object.assign(entry, {
            task: Review.make({}),
            attempts: 0,
            losses: 0,
            since: now,
            again: false,
            failure: undefined
          })
          return giveBack(entry, 0)
        }
        Object.assign(entry, {
          state: "done",
          task: Review.make({}),
          outcome,
          stop: undefined,
          failure: undefined
        })
      },
      Park: () => {
        if (entry.stop === "superseded") supersede(entry, waitingPush(entry.job.lane))
        else entry.state = "parked"
      },
      Retry: ({ delay, failure }) => {
        fail(entry, failure)
        giveBack(entry, now + Duration.toMillis(delay))
      },
      Wait: ({ delay, failure, service }) => {
        fail(entry, failure)
        uncounted()
        entry.waitsFor = service
        giveBack(entry, now + Duration.toMillis(delay))
      },
      Lose: ({ failure }) => {
        fail(entry, failure)
        uncounted()
        giveBack(entry, now + rest(++entry.losses))
      },
      Rerun: ({ delay, failure }) => {
        fail(entry, failure)
        uncounted()
        giveBack(entry, now + Duration.toMillis(delay))
      },
      GiveUp: ({ failure }) => {
        fail(entry, failure)
        if (isReview(entry)) entry.task = notice(Notice.cases.GivenUp.make({ failure }))
        Object.assign(entry, { state: "waiting", notBefore: 0 })
      },
      Release: () => {
        uncounted()
        if (isReview(entry)) entry.run--
        giveBack(entry, 0)
      }
    })
  }

  const cancel = (entry: Entry): JobRequestResult["_tag"] => {
    if (entry.state !== "waiting" && entry.state !== "running") return "Refused"
    entry.stop = "cancelled"
    if (entry.state === "running") return "Stopping"
    Object.assign(entry, { state: "parked", waitsFor: undefined })
    return "Done"
  }

  const retry = (entry: Entry, now: number): JobRequestResult["_tag"] => {
    const { event, job: { lane } } = entry
    if (entry.state === "waiting" && entry.notBefore > now) {
      Object.assign(entry, { notBefore: 0, waitsFor: undefined })
      return "Done"
    }
    if (entry.state !== "parked") return "Refused"
    const twin = inLane(lane).some((one) => one !== entry && one.event === event && stands(one))
    const hasRoom = entry.lifecycle ? waitingPush(lane) === undefined : comments(lane) < capacity
    if (twin || !hasRoom) return "Refused"
    afresh(entry, now)
    return "Done"
  }

  return {
    entries,
    of: (id: string): Entry => find(id) ?? assert.fail(`${id} was never accepted`),
    active,
    offer,
    take,
    settle,
    cancel,
    retry
  }
}
