import { assert, it } from "@effect/vitest"
import { Cause, Effect, Logger } from "effect"
import { line } from "../src/Logging.ts"

const logged = (effect: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    yield* Effect.provide(effect, Logger.layer([Logger.map(line, (text) => lines.push(text))]))
    return lines
  })

it.effect("a log entry is one line: time, level, message, then what it is about as key=value", () =>
  Effect.gen(function*() {
    const entry = Effect.logInfo("accepted acme/shop#7", { superseded: "ab" }).pipe(
      Effect.annotateLogs({ job: "0123", delivery: "two words" })
    )
    assert.deepStrictEqual(yield* logged(entry), [
      "1970-01-01T00:00:00.000Z INFO  accepted acme/shop#7 superseded=ab job=0123 delivery=\"two words\""
    ])
  }))

it.effect("a failure's cause and its line breaks stay within the entry's line", () =>
  Effect.gen(function*() {
    const [entry = ""] = yield* logged(Effect.logError("review\nfailed", Cause.fail(new Error("out of\nreach"))))
    assert.match(entry, /ERROR review\\nfailed .*out of/)
    assert.notInclude(entry, "\n")
  }))
