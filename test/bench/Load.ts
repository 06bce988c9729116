import { Effect } from "effect"
import { Worker } from "node:worker_threads"
import { NotMeasured } from "./Figure.ts"
import type { Pace } from "./Pace.ts"

/** Signed deliveries of `pull_request.opened`, each of its own pull request. */
export interface Volley {
  readonly url: string
  readonly secret: string
  /** A payload as GitHub sends it, in which every `placeholder` becomes the pull request's number. */
  readonly template: string
  readonly placeholder: string
  /** The number of the first pull request; the others follow. */
  readonly first: number
  readonly count: number
  readonly pace: Pace
  /** True where the server may have had the same events before, which it answers with 200. */
  readonly repeated?: boolean
}

/** Every delivery was acknowledged, or something went wrong. */
export type Answers =
  | {
    readonly _tag: "Acknowledged"
    /** For each delivery the milliseconds until its answer was there. */
    readonly millis: ReadonlyArray<number>
    readonly seconds: number
  }
  | { readonly _tag: "Failed"; readonly message: string }

const file = new URL("./LoadWorker.ts", import.meta.url)

const answersOf = (volley: Volley) =>
  Effect.callback<Answers>((resume) => {
    const worker = new Worker(file, { workerData: volley })
    const failed = (message: string) => resume(Effect.succeed({ _tag: "Failed", message }))
    worker.once("message", (answers: Answers) => resume(Effect.succeed(answers)))
    worker.once("error", ({ message }) => failed(message))
    worker.once("exit", () => failed("the sender ended early"))
    return Effect.promise(() => worker.terminate())
  })

/** Sends a volley from a thread of its own. Every delivery has to be acknowledged within the ten seconds of GitHub. */
export const send = Effect.fn("Load.send")(function*(volley: Volley) {
  const answers = yield* answersOf(volley)
  if (answers._tag === "Acknowledged") return answers
  return yield* new NotMeasured({ message: `a delivery to ${volley.url} was not acknowledged: ${answers.message}` })
})
