import { Effect, Queue, Stream, Terminal as Keyboard } from "effect"
import { stdin } from "node:process"
import { acts, type DemoAction, type Outcome } from "./Acts.ts"
import { type Figures, renderPage } from "./Page.ts"
import type { PostedReview } from "./Posted.ts"
import * as Site from "./Site.ts"
import type { Stage } from "./Stage.ts"
import * as Terminal from "./Terminal.ts"

const menu = [...acts.map(({ key, label }) => `${key}: ${label.toLowerCase()}`), "Ctrl-C: end the demo"].join(" · ")

/** Keys that are pressed at the terminal, until Ctrl-C. Without a terminal, none are. */
const keys = Effect.gen(function*() {
  if (!stdin.isTTY) return Stream.never
  const inputs = yield* (yield* Keyboard.Terminal).readInput
  return Stream.fromQueue(inputs).pipe(
    Stream.filter(({ key: { ctrl, meta } }) => !ctrl && !meta),
    Stream.map(({ key }) => key.name)
  )
})

/** The review on its page, and whatever the spectator makes happen there or at the terminal, until Ctrl-C. */
export const secondAct = Effect.fn("secondAct")(function*(stage: Stage, first: PostedReview, figures: Figures) {
  const pressed = yield* Queue.unbounded<DemoAction>()
  const waiting = new Set<DemoAction>()
  let running: DemoAction | undefined
  let outcome: Outcome | undefined

  /** Begins an act, after those before it; once, however often it is wanted meanwhile. False if there is no such act. */
  const press = (isMeant: (act: DemoAction) => boolean): boolean => {
    const act = acts.find(isMeant)
    if (act !== undefined && !waiting.has(act)) {
      if (running === undefined) running = act
      else waiting.add(act)
      Queue.offerUnsafe(pressed, act)
    }
    return act !== undefined
  }

  const page = () => {
    const next = [...waiting].map(({ label }) => label)
    return renderPage(stage.posted() ?? first, figures, { acts, running: running?.label, next, outcome })
  }
  const origin = yield* Site.serve(page, (wanted) => press(({ name }) => name === wanted))
  yield* Terminal.title(`The review in its place: ${origin}`)
  yield* Terminal.note(stdin.isTTY ? menu : "The page has more to show. Ctrl-C ends the demo")

  const acting = Queue.take(pressed).pipe(
    Effect.tap((act) =>
      Effect.gen(function*() {
        running = act
        waiting.delete(act)
        const result = yield* Effect.scoped(act.perform(stage))
        yield* result.isTable ? Terminal.table(result.text) : Terminal.outcome(result.text)
        yield* Terminal.note(menu)
        outcome = result
        running = undefined
      })
    ),
    Effect.forever
  )
  const reading = Stream.runForEach(yield* keys, (name) => Effect.sync(() => press(({ key }) => key === name)))
  return yield* Effect.raceFirst(acting, reading)
}, Effect.scoped)
