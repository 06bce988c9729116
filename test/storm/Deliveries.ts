import { JobId } from "@nominal-code/domain/job/Job"
import { type DeliveryAnswer, type GitHubEvent, post } from "@nominal-code/testing/GitHubDeliveries"
import type { GitHubEmulator } from "@nominal-code/testing/GitHubEmulator"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Effect, Option, Random, Schedule, Schema, Semaphore } from "effect"
import { bot, nameOf } from "../journeys/Journey.ts"
import { change, files } from "../journeys/Shop.ts"
import type { AcceptedDelivery } from "./Observed.ts"
import type { Plan, PlannedEvent } from "./Plan.ts"

/** A delivery as a forge keeps it: the same bytes under the same id, however often it is sent. */
interface StoredDelivery {
  readonly id: string
  readonly event: string
  readonly body: string
  readonly pull: PullRequest
  readonly planned: PlannedEvent
  /** The id of the letter that tells of the same event, under which another hook had it delivered. */
  readonly twinOf?: string
}

/** Delays after which a forge repeats a delivery that was not heard. */
const redelivery = Schedule.spaced("400 millis")

/** Number of deliveries that a forge sends at the same time. */
const connections = 24

/** So many pull requests share a repository. */
const pullsOfRepository = 10

const Answer = Schema.fromJsonString(Schema.Struct({ status: Schema.String, job: JobId }))

/** The job that a delivery was accepted as. */
const jobIn = ({ body, status }: DeliveryAnswer): Option.Option<JobId> =>
  status < 200 || status > 299 ? Option.none() : Option.map(Schema.decodeOption(Answer)(body), ({ job }) => job)

interface Options {
  readonly plan: Plan
  readonly emulator: GitHubEmulator
  readonly secret: string
  /** The webhook's addresses, one for each server. */
  readonly webhooks: ReadonlyArray<string>
}

/**
 * Planned events of the forge, and their deliveries: a delivery that is not answered with a success
 * is delivered again, with its id, until it is. Of one pull request the next thing happens when the last one was heard.
 */
export const make = Effect.fn("Deliveries.make")(function*({ emulator, plan, secret, webhooks }: Options) {
  const pulls: Array<PullRequest> = []
  const outbox: Array<StoredDelivery> = []
  /** Letters that are late: each is sent after the next one of its pull request. */
  const held: Array<StoredDelivery> = []
  const accepted: Array<AcceptedDelivery & { readonly again: Array<string> }> = []
  const refused: Array<string> = []
  const events = [...plan.events]
  const scope = yield* Effect.scope
  const posting = yield* Semaphore.make(connections)
  let sent = 0

  const open = Effect.fnUntraced(function*(index: number) {
    const name = `acme/shop-${Math.floor(index / pullsOfRepository)}`
    const repository = emulator.state.repository(name) ??
      (yield* emulator.addRepository(name, [{ message: "Open the shop", files }]))
    return yield* emulator.openPullRequest({ repository, commits: [change("total", `return ${index}`)] })
  })

  const happening = Effect.fnUntraced(function*({ index, kind, pull: number }: PlannedEvent) {
    const pull = pulls[number] ?? (pulls[number] = yield* open(number))
    if (kind === "opened" || kind === "reopened") {
      return { event: "pull_request", action: kind, pull } satisfies GitHubEvent
    }
    if (kind === "mention") {
      const comment = yield* emulator.comment(pull, "mara", `@${bot} look again, for the ${index}th time`)
      return { event: "issue_comment", action: "created", comment } satisfies GitHubEvent
    }
    const before = yield* emulator.push(pull, [change("total", `return ${1000 * index + number}`)])
    return { event: "pull_request", action: "synchronize", pull, before } satisfies GitHubEvent
  })

  /** One try, at any of the servers: those behind a Service are all the same. */
  const attempt = Effect.fnUntraced(function*(letter: StoredDelivery) {
    const url = yield* Random.choice(webhooks)
    sent += 1
    return yield* Effect.option(post(letter.event, letter.body, { url, secret, delivery: letter.id }))
  })

  const again = (letter: StoredDelivery, accepted: { readonly again: Array<string> }) =>
    Effect.map(attempt(letter), (delivered) => {
      const job = Option.flatMap(delivered, jobIn)
      if (Option.isSome(job)) accepted.again.push(job.value)
    })

  /** True if it was heard. */
  const send = Effect.fnUntraced(function*(letter: StoredDelivery) {
    const delivered = yield* attempt(letter)
    if (Option.isNone(delivered) || delivered.value.status < 200 || delivered.value.status > 299) return false
    outbox.splice(outbox.indexOf(letter), 1)
    const job = jobIn(delivered.value)
    if (Option.isNone(job)) {
      refused.push(delivered.value.body)
      return true
    }
    const one = {
      delivery: letter.id,
      job: String(job.value),
      pull: nameOf(letter.pull),
      comment: letter.planned.kind === "mention",
      ...(letter.twinOf === undefined ? {} : { twinOf: letter.twinOf }),
      again: []
    }
    accepted.push(one)
    if (letter.planned.twice) yield* again(letter, one)
    return true
  })

  /** The next thing that is planned for a pull request whose last one was heard. */
  const happen = Effect.gen(function*() {
    const quiet = events.findIndex(({ pull }) => outbox.every(({ planned }) => planned.pull !== pull))
    const [planned] = quiet === -1 ? [] : events.splice(quiet, 1)
    if (planned === undefined) return
    const event = yield* happening(planned)
    const pull = pulls[planned.pull]
    if (pull === undefined) return
    const letter: StoredDelivery = {
      id: `${plan.seed}-${planned.pull}-${planned.index}`,
      event: event.event,
      body: JSON.stringify(emulator.payload(event)),
      pull,
      planned
    }
    const letters = planned.twin ? [letter, { ...letter, id: `${letter.id}-twin`, twinOf: letter.id }] : [letter]
    if (planned.late) {
      held.push(...letters)
      return
    }
    const late = held.filter(({ planned }) => planned.pull === letter.planned.pull)
    for (const one of late) held.splice(held.indexOf(one), 1)
    outbox.push(...letters, ...late)
    // In a fiber of its own: a server that does not answer is waited for, and the other letters are not held up by it.
    const heard = (one: StoredDelivery) => Effect.repeat(send(one), { schedule: redelivery, until: (yes) => yes })
    const all = Effect.forEach([...letters, ...late], heard, { concurrency: 1, discard: true })
    yield* Effect.forkIn(posting.withPermits(1)(all), scope)
  })

  return {
    pulls: pulls as ReadonlyArray<PullRequest>,
    accepted: accepted as ReadonlyArray<AcceptedDelivery>,
    /** Answers of success without a job: nobody should have got one. */
    refused: refused as ReadonlyArray<string>,
    /** Number of times that something was sent. */
    sent: () => sent,
    /** Number of events that have not happened yet, or were not heard. */
    unheard: () => events.length + outbox.length + held.length,
    /** Has things happen until `busy` deliveries are on their way or, as `waiting` says, being worked on. */
    topUp: Effect.fnUntraced(function*(waiting: number) {
      for (let missing = plan.size.busy - waiting - outbox.length; missing > 0; missing--) yield* happen
    })
  }
})

/** The forge's side of a storm. */
export type Deliveries = Effect.Success<ReturnType<typeof make>>
