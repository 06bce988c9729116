import { assert, describe, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { mostCalls } from "@nominal-code/llm/CallRepair"
import type { LlmResponse } from "@nominal-code/llm/LlmProvider"
import { mostTokensOf } from "@nominal-code/llm/TokenCount"
import { largestBody } from "@nominal-code/llm/Transport"
import { sized } from "@nominal-code/testing/Sized"
import { Duration, Effect, type Scope } from "effect"
import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import type { Counts, Dialect, Part, WrittenAnswer } from "./Dialects.ts"
import { lastingEverywhere, passingEverywhere } from "./failureSuite.ts"
import { type Reply, serve, status } from "./ScriptedService.ts"

type Check = (dialect: Dialect) => Effect.Effect<void, unknown, Scope.Scope>

const stream = (text: string): Reply => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.end(text)
}

const words: ReadonlyArray<Part> = [{ text: "All well." }]
const call = (id: string, name = "Read", path = "a.ts"): Part => ({ id, name, json: JSON.stringify({ path }) })

/** Sends one request to a service that gives this reply. */
const answered = (
  { against, request, write }: Dialect,
  parts: ReadonlyArray<Part>,
  written: WrittenAnswer = {}
): Effect.Effect<LlmResponse, unknown, Scope.Scope> =>
  Effect.flatMap(against([stream(write(parts, written))]), ({ send }) => send(request))

const callsOf = ({ content }: LlmResponse) => content.filter(Block.guards.ToolUse)

/** Has answers with such counts, each of which must have a prompt and words that are paid. */
const usageFor = (...all: ReadonlyArray<Counts | null>): Check => (dialect) =>
  Effect.forEach(all, (counts) =>
    Effect.map(answered(dialect, words, { counts }), ({ content, usage }) => {
      const { cacheRead, cacheWrite, input, output } = usage
      assert.deepStrictEqual(content, [Block.cases.Text.make({ text: "All well." })])
      for (const count of [input, output, cacheRead, cacheWrite]) {
        assert.isAtLeast(count, 0)
      }
      assert.isAtMost(input + cacheRead + cacheWrite, mostTokensOf(dialect.request))
      assert.isAtMost(output, 128_000)
      assert.isAbove(input + cacheRead + cacheWrite, 0)
      assert.isAbove(output, 0)
    }), { concurrency: 1 })

/** Writes in pieces with a pause between them, like a network that is slow. */
const inPieces = (pieces: ReadonlyArray<string>, pause: number): Reply => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  const next = (index: number) => {
    const piece = pieces[index]
    if (piece === undefined) response.end()
    else response.write(piece, () => setTimeout(() => next(index + 1), pause))
  }
  next(0)
}

const split = (text: string, pieces: number): ReadonlyArray<string> => {
  const size = Math.ceil(text.length / pieces)
  return Array.from({ length: pieces }, (_, index) => text.slice(index * size, (index + 1) * size))
}

/** Writes a text again and again until the connection is closed; `total`: the bytes that it has got rid of. */
const flood = (text: string, total: { bytes: number }, most: number, compressed: boolean): Reply => (response) => {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    ...(compressed ? { "content-encoding": "gzip" } : {})
  })
  // Members of gzip that follow each other are one text, so that one is compressed once.
  const written = compressed ? gzipSync(text) : text
  const next = () => {
    if (response.destroyed || total.bytes > most) return response.end()
    total.bytes += text.length
    response.write(written, () => setImmediate(next))
  }
  next()
}

/** The last attempt is the one that is flooded, since its error is told. */
const flooded = (compressed: boolean): Check => ({ against, begin, request }) =>
  Effect.gen(function*() {
    const total = { bytes: 0 }
    const text = begin("x".repeat(64 * 1024))
    // More than what the buffers of a connection hold, also compressed to a thousandth.
    const most = (compressed ? 64 * 1024 : 16) * 1024 * 1024
    const busy = status(503, {})
    const { fails, received } = yield* against([busy, busy, busy, busy, flood(text, total, most, compressed)])
    const error = yield* fails(request)
    assert.deepStrictEqual([error.reason, received.length], ["malformed-response", 5], error.message)
    assert.include(error.message, `more than ${largestBody / 1024 / 1024} MiB`)
    assert.isBelow(total.bytes, most)
  })

const redirected = (code: number): Check => ({ against, key, request }) =>
  Effect.gen(function*() {
    const thief = yield* serve([status(200, {})])
    const { fails, received } = yield* against([(response: ServerResponse) => {
      response.writeHead(code, { location: `${thief.url}/elsewhere` })
      response.end()
    }])
    const error = yield* fails(request)
    assert.deepStrictEqual([error.reason, received.length, thief.received.length], ["invalid-request", 1, 0])
    assert.include(error.message, new URL(thief.url).host)
    assert.notInclude(error.message, key)
  })

const ping = ": ping\n\n"

/** Bodies that any gateway on the way may give an error. */
const bodies: ReadonlyArray<unknown> = [{ error: { message: "no", type: "some_error" } }, "<html>No</html>", ""]

const lasting = [[400, "invalid-request"], [401, "unauthorized"], [403, "unauthorized"], [
  413,
  "context-too-long"
]] as const

/** The request is answered by the second reply, after the first one had to be tried again. */
const triedAgain = ({ against, request, write }: Dialect, first: Reply) =>
  Effect.gen(function*() {
    const { received, send } = yield* against([first, stream(write(words))])
    assert.deepStrictEqual((yield* send(request)).content, [Block.cases.Text.make({ text: "All well." })])
    assert.strictEqual(received.length, 2)
  })

/** Behaviours of every layer, by their sentences in docs/models.md. */
const behaviours: ReadonlyArray<readonly [string, Check]> = [
  [
    "text",
    (dialect) =>
      Effect.map(
        answered(dialect, [{ text: "All well." }]),
        ({ content, stop }) =>
          assert.deepStrictEqual([content, stop], [[Block.cases.Text.make({ text: "All well." })], "end"])
      )
  ],
  [
    "several tool calls in one turn",
    (dialect) =>
      Effect.map(answered(dialect, [call("c1"), call("c2", "submit_review", "b.ts")]), (response) => {
        assert.strictEqual(response.stop, "tool-use")
        assert.deepStrictEqual(callsOf(response).map(({ id, input, name }) => [id, name, input]), [
          ["c1", "Read", { path: "a.ts" }],
          ["c2", "submit_review", { path: "b.ts" }]
        ])
      })
  ],
  [
    "results of tools, errors among them, go back to the model",
    ({ against, request, write }) =>
      Effect.gen(function*() {
        const { received, send } = yield* against([stream(write([call("c1"), call("c2")])), stream(write(words))])
        const { content } = yield* send(request)
        const results: Message = {
          role: "user",
          content: content.filter(Block.guards.ToolUse).map(({ id }, index) =>
            Block.cases.ToolResult.make({ toolUseId: id, content: `result ${index}`, isError: index === 1 })
          )
        }
        yield* send({ ...request, messages: [...request.messages, { role: "assistant", content }, results] })
        assert.match(JSON.stringify(received[1]?.body), /result 0[^]*result 1/)
      })
  ],
  ["a tool call is demanded", ({ against, forced, request, write }) =>
    Effect.gen(function*() {
      const { received, send } = yield* against([stream(write([call("c1")]))])
      yield* send({ ...request, toolChoice: "required" })
      yield* send(request)
      assert.match(JSON.stringify(received[0]?.body), forced)
      assert.notMatch(JSON.stringify(received[1]?.body), forced)
    })],
  ["little effort is asked for", ({ against, lowEffort, request, write }) =>
    Effect.gen(function*() {
      const { received, send } = yield* against([stream(write(words))])
      yield* send({ ...request, effort: "low" })
      yield* send(request)
      assert.match(JSON.stringify(received[0]?.body), lowEffort)
      assert.notMatch(JSON.stringify(received[1]?.body), lowEffort)
    })],
  [
    "an answer that is cut off at its limit says so",
    (dialect) =>
      Effect.map(answered(dialect, words, { stop: "length" }), ({ stop }) => assert.strictEqual(stop, "length"))
  ],
  [
    "a refusal says so",
    (dialect) =>
      Effect.map(answered(dialect, words, { stop: "refusal" }), ({ stop }) => assert.strictEqual(stop, "refusal"))
  ],
  [
    "cached tokens are counted once",
    (dialect) =>
      Effect.map(
        answered(dialect, words, { counts: { uncached: 40, cached: 60, output: 5 } }),
        ({ usage }) => assert.deepStrictEqual(usage, new Usage({ input: 40, output: 5, cacheRead: 60, cacheWrite: 0 }))
      )
  ],
  [
    "tokens of thoughts are counted, and once",
    (dialect) =>
      Effect.map(
        answered(dialect, words, { counts: { uncached: 40, cached: 60, output: 5, thoughts: 300 } }),
        ({ usage }) =>
          assert.deepStrictEqual(usage, new Usage({ input: 40, output: 305, cacheRead: 60, cacheWrite: 0 }))
      )
  ],
  ["missing token counts are estimated", usageFor(null)],
  [
    "negative token counts do no harm",
    usageFor(
      { uncached: -7, cached: -1, output: -5 },
      { uncached: -7, cached: -1, output: 5 },
      { uncached: 40, cached: 60, output: -5 }
    )
  ],
  [
    "absurd token counts do no harm",
    usageFor(
      { uncached: 1e30, cached: "many", output: 0.5 },
      { uncached: 1e30, cached: "many", output: 5 },
      { uncached: 9_000_000, cached: 8_000_000, output: 15_000_000 },
      { uncached: 40, cached: 60, output: 1e30 }
    )
  ],
  ["a call that comes in fifty pieces", ({ against, request, write }) =>
    Effect.gen(function*() {
      const { send } = yield* against([inPieces(split(write([call("c1")]), 50), 1)])
      assert.deepStrictEqual(callsOf(yield* send(request)).map(({ input }) => input), [{ path: "a.ts" }])
    })],
  ["tool names in the wrong case, or behind a namespace", (dialect) =>
    Effect.map(
      answered(dialect, [
        call("c1", "read"),
        call("c2", "functions.Read"),
        call("c3", "default_api:READ"),
        call("c4", "Write")
      ]),
      (response) => assert.deepStrictEqual(callsOf(response).map(({ name }) => name), ["Read", "Read", "Read", "Write"])
    )],
  [
    "calls of the same id stay apart",
    (dialect) =>
      Effect.map(
        answered(dialect, [call("c1"), call("c1"), call("c1")]),
        (response) => assert.strictEqual(new Set(callsOf(response).map(({ id }) => id)).size, 3)
      )
  ],
  ["of thousands of calls in one turn, the first 128 are taken", (dialect) =>
    Effect.gen(function*() {
      const count = yield* sized(2_000, 10_000)
      const response = yield* answered(dialect, Array.from({ length: count }, (_, index) => call(`c${index}`)))
      const ids = callsOf(response).map(({ id }) => id)
      assert.deepStrictEqual([ids.length, ids[0], ids.at(-1)], [mostCalls, "c0", `c${mostCalls - 1}`])
    })],
  ["pings are signs of life", ({ against, request, write }) =>
    Effect.gen(function*() {
      const pings = Array.from({ length: 15 }, () => ping)
      const { received, send } = yield* against([inPieces([...pings, write(words)], 250)], {
        idle: Duration.seconds(3)
      })
      yield* send(request)
      assert.strictEqual(received.length, 1)
    })],
  ["a stream that never ends is given up", ({ against, begin, request }) =>
    Effect.gen(function*() {
      const { fails } = yield* against([inPieces([begin("So"), ...Array.from({ length: 1_000 }, () => ping)], 20)], {
        attempt: Duration.millis(500),
        total: Duration.millis(800)
      })
      const error = yield* fails(request)
      assert.deepStrictEqual([error.reason, error.retryable], ["timeout", true])
    })],
  ["an answer of 16 MiB is cut at 4 MiB", flooded(false)],
  ["a compressed answer of 1 GiB is cut at 4 MiB", flooded(true)],
  [
    "an answer of many small pieces leaves the process its turns",
    ({ against, request, write }) =>
      Effect.gen(function*() {
        const pieces = yield* sized(1_500, 5_000)
        const text = write(Array.from({ length: pieces }, () => ({ text: "x" })))
        const { send } = yield* against([stream(text)])
        let turns = 0
        let done = false
        const count = () => {
          turns++
          if (!done) setImmediate(count)
        }
        setImmediate(count)
        yield* send(request)
        done = true
        assert.isAtLeast(turns, text.length / 8192)
      })
  ],
  ["a stream that ends in the middle of an event is tried again", (dialect) => {
    const whole = dialect.write(words)
    return triedAgain(dialect, stream(whole.slice(0, whole.indexOf("All well.") + 4)))
  }],
  [
    "a call with arguments that are no JSON is tried again",
    (dialect) => triedAgain(dialect, stream(dialect.write([{ id: "c1", name: "Read", json: "{\"path\":\"a" }])))
  ],
  [
    "a call with arguments that nest too deep is tried again",
    (dialect) => {
      const json = `{"path":${"[".repeat(2_000)}${"]".repeat(2_000)}}`
      return triedAgain(dialect, stream(dialect.write([{ id: "c1", name: "Read", json }])))
    }
  ],
  [
    "500, 502, 503 and 529 are tried again, whatever comes with them",
    (dialect) =>
      Effect.forEach(
        [500, 502, 503, 529],
        (code) => Effect.forEach(bodies, (body) => triedAgain(dialect, status(code, body)))
      ).pipe(Effect.asVoid)
  ],
  [
    "400, 401, 403 and 413 are told at once, whatever comes with them",
    ({ against, request }) =>
      Effect.forEach(lasting, ([code, reason]) =>
        Effect.forEach(bodies, (body) =>
          Effect.gen(function*() {
            const { fails, received } = yield* against([status(code, body)])
            assert.deepStrictEqual([(yield* fails(request)).reason, received.length], [reason, 1], `${code}: ${body}`)
          }))).pipe(Effect.asVoid)
  ],
  ["a redirect to another host (307) is not followed", redirected(307)],
  ["a redirect that would make it a GET (302) is not followed", redirected(302)]
]

const rows = [
  ...behaviours.map(([sentence]) => sentence),
  ...passingEverywhere.map((failure) => `${failure} is tried again`),
  "silence is tried again",
  "a service that wants to be left alone for an hour (429, with the time to wait) is, and the job waits",
  ...Object.values(lastingEverywhere).map((failure) => `${failure} is told at once, without the key`)
]

/** The table of docs/models.md: all of it is tried on each layer. */
export const table = (names: ReadonlyArray<string>): string =>
  [
    `| behaviour | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---|").join("")}`,
    ...rows.map((row) => `| ${row} | ${names.map(() => "yes").join(" | ")} |`)
  ].join("\n")

/** Behaviours that take their time, on all layers at once. */
const slow = new Set([
  "a call that comes in fifty pieces",
  "pings are signs of life",
  "a stream that never ends is given up"
])

/** Runs all behaviours on every layer. */
export const behaviourSuite = (dialects: ReadonlyArray<Dialect>): void => {
  for (const dialect of dialects) {
    describe(dialect.name, () => {
      for (const [sentence, check] of behaviours.filter(([sentence]) => !slow.has(sentence))) {
        it.live(sentence, () => check(dialect), 30_000)
      }
    })
  }
  describe.concurrent("in its time", () => {
    for (const [sentence, check] of behaviours.filter(([sentence]) => slow.has(sentence))) {
      for (const dialect of dialects) it.live(`${dialect.name}: ${sentence}`, () => check(dialect), 30_000)
    }
  })
}
