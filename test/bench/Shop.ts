import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { now, type PullRequest } from "@nominal-code/testing/GitHubState"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Effect, Fiber, Option, Stream } from "effect"
import { seededReview } from "../demo/SeededBugs.ts"
import { readStorefront, type Storefront } from "../demo/Storefront.ts"
import { NotMeasured } from "./Figure.ts"
import type * as Program from "./Program.ts"
import * as Stage from "./Stage.ts"

/** Time that the model thinks about every answer, in milliseconds. */
const latency = 100

/** It looks around the way a model does, more often if it is asked to, and hands in what it knows. */
const script = (storefront: Storefront, more: ReadonlyArray<string> = []): ScriptedModel.Script =>
  ScriptedModel.turns(
    {
      latency,
      calls: [
        { name: "Read", input: { file_path: "src/payments/refund.ts" } },
        { name: "Read", input: { file_path: "src/payments/PaymentGateway.ts" } },
        { name: "Grep", input: { pattern: "addRefund|refund\\(" } }
      ]
    },
    {
      latency,
      calls: [
        { name: "GitLog", input: { path: "src/payments/refund.ts" } },
        { name: "Grep", input: { pattern: "db\\.query", path: "src/orders" } }
      ]
    },
    ...more.map((file) => ({ latency, calls: [{ name: "Read", input: { file_path: file } }] })),
    { latency, calls: [seededReview(storefront)] }
  )

/** Code that stands in a repository beside the shop: its files, those of them that a pull request changes, and commits. */
export interface SurroundingCode {
  readonly files: number
  readonly changed: number
  readonly commits: number
}

const pathOf = (number: number) => `lib/${Math.floor(number / 100)}/${number}.ts`

const filesUpTo = (count: number, version: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, number) => [pathOf(number), `export const n${number} = ${version}\n`])
  )

/** The demo's shop in any number of repositories, and a model that knows what is wrong with it. */
export const make = Effect.gen(function*() {
  const storefront = readStorefront()
  const { base, head } = storefront
  const emulator = yield* GitHubEmulator.make({ checkAnswers: false })
  const model = yield* ScriptedModel.make
  model.script(script(storefront))
  /** Has the model read some files of the base, each in a turn of its own, and use nearly all the turns that it has. */
  const lookLonger = Effect.sync(() => model.script(script(storefront, Object.keys(base).slice(0, 4))))

  /** A repository with two pull requests about the same files. Each has contents and commits of its own to be fetched. */
  const open = Effect.fnUntraced(
    function*(name: string, beside: SurroundingCode = { files: 0, changed: 0, commits: 0 }) {
      const repository = yield* emulator.addRepository(`bench/${name}`, [
        { message: "Open the shop", files: { ...base, ...filesUpTo(beside.files, 0) } },
        ...Array.from({ length: beside.commits }, (_, number) => ({
          message: `Count to ${number}`,
          files: { [pathOf(beside.files)]: `export const count = ${number}\n` }
        }))
      ])
      const opened = (number: number) => {
        const files = { ...head, ...filesUpTo(beside.changed, number), "VERSION": `${number}\n` }
        return emulator.openPullRequest({
          repository,
          author: Stage.author,
          commits: [{ message: `Partial refunds, order search ${number}`, files }]
        })
      }
      return { first: yield* opened(1), second: yield* opened(2) }
    }
  )
  return { emulator, model, lookLonger, open }
})

export type Shop = Effect.Success<typeof make>

/** Measurements of one review. */
export interface ReviewFigures {
  /** Milliseconds from the acknowledged delivery to the posted review, without those that the model thought. */
  readonly overhead: number
  readonly forgeRequests: number
  readonly gitRequests: number
  readonly modelCalls: number
  /** Sent to the model in all calls together. */
  readonly modelBytes: number
}

const posted = ({ emulator }: Shop, { number, repository }: PullRequest) =>
  emulator.journal.pipe(
    Stream.filter(({ path, status }) =>
      path.endsWith(`/repos/${repository.fullName}/pulls/${number}/reviews`) && status === 200
    ),
    Stream.filter(({ operation }) => operation === "pulls/create-review"),
    Stream.runHead,
    Effect.map(Option.map(({ endedAt }) => endedAt))
  )

/** Tells `serve` of a pull request, and waits until its review is there and `serve` is done with it. */
export const review = Effect.fn("Shop.review")(
  function*(shop: Shop, serve: Program.Serve, pull: PullRequest) {
    const { emulator, model } = shop
    const before = emulator.requests.length
    const calls = model.mock.getRequests().length
    const thought = model.thought()
    const review = yield* Effect.forkScoped(posted(shop, pull), { startImmediately: true })
    yield* emulator.deliver(
      { event: "pull_request", action: "opened", pull },
      { url: serve.webhook, secret: Stage.secret }
    )
    const acceptedAt = now()
    const postedAt = yield* Fiber.join(review).pipe(Effect.timeoutOrElse({
      duration: "20 seconds",
      orElse: () => Effect.succeedNone
    }))
    if (Option.isNone(postedAt)) {
      return yield* serve.failed("no review was posted")
    }
    yield* Stage.untilDone(serve)
    const asked = emulator.requests.slice(before).filter(({ login }) => login === Stage.botName)
    const told = model.mock.getRequests().slice(calls)
    const reviewed: ReviewFigures = {
      overhead: postedAt.value - acceptedAt - (model.thought() - thought),
      forgeRequests: asked.filter(({ kind }) => kind !== "git").length,
      gitRequests: asked.filter(({ kind }) => kind === "git").length,
      modelCalls: told.length,
      modelBytes: told.reduce((total, { headers }) => total + Number(headers["content-length"]), 0)
    }
    return reviewed
  },
  Effect.scoped
)

/** A review that the real forge or the real model would have refused is no figure. */
export const checkHonesty = ({ emulator, model }: Shop) => {
  const wrong = [...emulator.violations.flatMap(({ errors }) => errors), ...model.violations]
  return wrong.length === 0
    ? Effect.void
    : Effect.fail(new NotMeasured({ message: `the real services would have refused: ${wrong.join("; ")}` }))
}
