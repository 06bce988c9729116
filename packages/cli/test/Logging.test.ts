import { assert, it } from "@effect/vitest"
import { Cause, Console, Effect, Logger } from "effect"
import { json, layer, line, pretty } from "../src/Logging.ts"

const logged = (effect: Effect.Effect<void>, logger = line) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    yield* Effect.provide(effect, Logger.layer([Logger.map(logger, (text) => lines.push(text))]))
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

it.effect("as JSON, an entry is one object with its annotations, and a secret with line breaks is hidden in it", () =>
  Effect.gen(function*() {
    const key = "-----BEGIN\nsecret\nEND-----"
    const entry = Effect.logError(`the key ${key} is wrong`, Cause.fail(new Error(key))).pipe(
      Effect.annotateLogs({ job: "0123", key })
    )
    const [text = ""] = yield* logged(entry, json((all) => all.replaceAll(key, "***")))
    assert.notInclude(text, "\n")
    assert.notInclude(text, "secret")
    const { cause, ...rest } = JSON.parse(text)
    assert.include(cause, "***")
    assert.deepStrictEqual(rest, {
      time: "1970-01-01T00:00:00.000Z",
      level: "ERROR",
      message: "the key *** is wrong",
      job: "0123",
      key: "***"
    })
  }))

it.effect("as JSON, an entry's message is always a text, and its fields stand beside it", () =>
  Effect.gen(function*() {
    const entry = Effect.logInfo("removed a mirror", new Error("of", { cause: 1 }), {
      bytes: 5,
      level: "x",
      job: "0123"
    })
    const [text = ""] = yield* logged(entry, json((all) => all))
    assert.deepStrictEqual(JSON.parse(text), {
      time: "1970-01-01T00:00:00.000Z",
      level: "INFO",
      message: "removed a mirror of",
      bytes: 5,
      job: "0123"
    })
  }))

it.effect("for people, an entry keeps its line breaks, and is coloured on a terminal alone", () =>
  Effect.gen(function*() {
    const entry = Effect.annotateLogs(Effect.logWarning("the review:\nall is well"), { job: "0123" })
    assert.deepStrictEqual(yield* logged(entry, pretty(false)), [
      "00:00:00 WARN  the review:\n               all is well job=0123"
    ])
    assert.include((yield* logged(entry, pretty(true)))[0] ?? "", "\u001b[33mWARN \u001b[0m")
  }))

it.effect("a hundred lines of one turn are written at once, in their order", () =>
  Effect.gen(function*() {
    const written: Array<string> = []
    const console: Console.Console = {
      ...yield* Console.Console,
      error: (text: string) => void written.push(text)
    }
    const numbers = Array.from({ length: 100 }, (_, number) => `line ${number}`)
    yield* Effect.forEach(numbers, (text) => Effect.logInfo(text), { discard: true }).pipe(
      Effect.provideService(Console.Console, console),
      Effect.provide(layer({ logFormat: "text", logLevel: "Info", secrets: [], warnings: [] }))
    )
    assert.lengthOf(written, 1)
    assert.deepStrictEqual(written[0]?.split("\n").map((entry) => entry.replace(/^.*INFO {2}/, "")), numbers)
  }))
