import { now } from "@nominal-code/testing/GitHubState"
import { Effect, Option } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Model from "./Model.ts"
import type { Figures } from "./Page.ts"
import { secondAct } from "./SecondAct.ts"
import { DemoFailed, make } from "./Stage.ts"
import { readStorefront } from "./Storefront.ts"
import * as Terminal from "./Terminal.ts"

export interface DemoOptions {
  /** Ends when the review is on the pull request, in place of showing it until Ctrl-C. */
  readonly once: boolean
  /** Reviews with the real model in place of the scripted one. */
  readonly live: boolean
}

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

/** Fails where git is missing, with what to do. */
const checkGit = Effect.scoped(
  Effect.flatMap(
    ChildProcessSpawner.ChildProcessSpawner,
    (spawner) => spawner.exitCode(ChildProcess.make`git --version`)
  )
).pipe(
  Effect.mapError(() =>
    new DemoFailed({
      message: "git is not on the PATH: install git 2.39 or newer (https://git-scm.com/downloads), and start again"
    })
  )
)

/** A pull request with seeded bugs, from webhook to inline comments, on this machine alone. */
export const demo = Effect.fn("demo")(function*({ live, once }: DemoOptions) {
  yield* checkGit
  const storefront = readStorefront()
  const model = yield* live ? Model.live : Model.scripted(storefront)
  yield* Terminal.title("Nominal Code, from webhook to inline review")

  const stage = yield* make(model, storefront)
  const { emulator, pull } = stage
  yield* Terminal.fact("GitHub", `emulated on ${emulator.origin}, REST and git over HTTP`)
  yield* Terminal.fact(
    "Pull request",
    `${pull.repository.fullName}#${pull.number} “${pull.title}” by ${pull.author.login}`
  )
  yield* Terminal.fact("Model", model.name)
  const { pid, readyAfter, url } = yield* stage.start
  yield* Terminal.fact("nominal-code serve", `process ${pid} on ${url}, ready after ${seconds(readyAfter)}`)

  const deliveredAt = now()
  yield* stage.begin("pull_request.opened is delivered")
  yield* stage.deliver({ event: "pull_request", action: "opened", pull })
  const posted = yield* stage.reviewed
  const took = now() - deliveredAt
  yield* stage.checkHonesty

  const thought = Option.match(model.thought(), {
    onNone: () => "",
    onSome: (millis) => `, ${seconds(millis)} of them the model's`
  })
  yield* Terminal.note(`${posted.comments.length} inline comments in ${seconds(took)}${thought}`)
  yield* Terminal.review(posted)
  const figures: Figures = [["from delivery to review", seconds(took)], ...model.figures(yield* stage.log)]
  yield* Terminal.figures(figures)
  return once ? undefined : yield* secondAct(stage, posted, figures)
}, Effect.scoped)
