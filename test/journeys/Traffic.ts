import { JobId } from "@nominal-code/domain/job/Job"
import { type GitHubEvent, post } from "@nominal-code/testing/GitHubDeliveries"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { submitReview } from "@nominal-code/testing/ScriptedModel"
import { Effect, Random } from "effect"
import { bot, type Journey } from "./Journey.ts"
import { change, files, finding } from "./Shop.ts"

/** A delivery as a forge keeps it: the same bytes under the same id, however often it is sent. */
interface Letter {
  readonly id: string
  readonly event: string
  readonly body: string
  readonly pull: PullRequest
}

/** A delivery that was answered 2xx, and its job. */
export interface Accepted extends Letter {
  readonly job: JobId
}

/** Words without digits: a claim with another number is the same claim. */
const word = (number: number): string =>
  number < 26 ? String.fromCharCode(97 + number) : word(Math.floor(number / 26) - 1) + word(number % 26)

/** Never says the same thing twice, so that every review has something to post on its lines. */
export const talkative = ({ model }: Pick<Journey, "model">): void => {
  let said = 0
  model.script(() => {
    said += 1
    const name = word(said + 700)
    return {
      calls: [submitReview(`Review ${name}.`, [finding("src/total.ts", `Claim ${name}: cents are lost here.`)])],
      latency: 50 + (said * 37) % 150
    }
  })
}

/** Pull requests on which a lot is going on, and the forge that tells a webhook of it until it is heard. */
export const make = Effect.fnUntraced(function*(journey: Journey, webhook: string) {
  const { emulator, secrets } = journey
  talkative(journey)
  const pulls: Array<PullRequest> = []
  for (const name of ["north", "east", "south"]) {
    const repository = yield* emulator.addRepository(`acme/${name}`, [{ message: "Open the shop", files }])
    for (let number = 0; number < 4; number++) {
      pulls.push(yield* emulator.openPullRequest({ repository, commits: [change("total", `return ${number}`)] }))
    }
  }

  const outbox: Array<Letter> = []
  const accepted: Array<Accepted> = []
  const told = new Set<PullRequest>()
  let written = 0

  const happening = Effect.fnUntraced(function*(pull: PullRequest) {
    if (!told.has(pull)) {
      told.add(pull)
      return { event: "pull_request", action: "opened", pull } satisfies GitHubEvent
    }
    if (yield* Random.nextBoolean) {
      const comment = yield* emulator.comment(pull, "mara", `@${bot} look again, for the ${written}th time`)
      return { event: "issue_comment", action: "created", comment } satisfies GitHubEvent
    }
    const before = yield* emulator.push(pull, [change("total", `return ${1000 + written}`)])
    return { event: "pull_request", action: "synchronize", pull, before } satisfies GitHubEvent
  })

  /** Something happens on a pull request whose last event is no longer on its way. */
  const happen = Effect.gen(function*() {
    const quiet = pulls.filter((pull) => outbox.every((letter) => letter.pull !== pull))
    if (quiet.length === 0) return
    const pull = yield* Random.choice(quiet)
    const event = yield* happening(pull)
    written += 1
    outbox.push({
      id: `delivery-${written}`,
      event: event.event,
      body: JSON.stringify(emulator.payload(event)),
      pull
    })
  })

  const send = (letter: Letter) =>
    post(letter.event, letter.body, { url: webhook, secret: secrets.webhookSecret, delivery: letter.id }).pipe(
      Effect.map(({ body, status }) => {
        if (status < 200 || status > 299) return
        outbox.splice(outbox.indexOf(letter), 1)
        accepted.push({ ...letter, job: JobId.make(JSON.parse(body).job) })
      }),
      Effect.ignore
    )

  const sendAll = Effect.suspend(() => Effect.forEach([...outbox], send, { concurrency: 4, discard: true }))

  return {
    pulls,
    accepted: accepted as ReadonlyArray<Accepted>,
    written: () => written,
    /** Number of deliveries that are not accepted yet. */
    unheard: () => outbox.length,
    sendAll,
    /** Has so much happen that `busy` deliveries are on their way or being worked on. */
    topUp: Effect.fnUntraced(function*(busy: number) {
      const { running, waiting } = yield* journey.queue.depth
      for (let missing = busy - running - waiting - outbox.length; missing > 0; missing--) yield* happen
      yield* sendAll
    })
  }
})

export type Traffic = Effect.Success<ReturnType<typeof make>>
