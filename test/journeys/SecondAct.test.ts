import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Queue, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env, execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { columns } from "../../packages/cli/src/review/TerminalText.ts"
import { until } from "./Journey.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const width = 40

/** The demo on a pseudo-terminal: its output so far, and its keyboard. */
const onTerminal = Effect.gen(function*() {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const typed = yield* Queue.unbounded<string>()
  const child = yield* spawner.spawn(ChildProcess.make(
    "script",
    ["-qec", `stty cols ${width} && exec ${execPath} test/demo/main.ts`, "/dev/null"],
    {
      cwd: root,
      env: {
        PATH: env["PATH"],
        HOME: env["HOME"],
        TERM: "xterm-256color",
        ...(env["NOMINAL_CODE_BIN"] === undefined ? {} : { NOMINAL_CODE_BIN: env["NOMINAL_CODE_BIN"] })
      },
      stdin: Stream.encodeText(Stream.fromQueue(typed))
    }
  ))
  let written = ""
  yield* child.all.pipe(
    Stream.decodeText(),
    Stream.runForEach((text) => Effect.sync(() => void (written += stripVTControlCharacters(text)))),
    Effect.forkScoped
  )
  return {
    shows: (text: RegExp) =>
      until(`${text} after:\n${written.slice(-2000)}`, () => text.test(written.replaceAll(/\s+/g, " "))),
    written: () => written,
    press: (key: string) => Queue.offer(typed, key),
    exitCode: child.exitCode
  }
})

const read = (url: string) => Effect.promise(() => fetch(url).then((response) => response.text()))

const button = (origin: string, name: string, headers: Readonly<Record<string, string>> = {}) =>
  Effect.promise(() => fetch(`${origin}/acts/${name}`, { method: "POST", redirect: "manual", headers }))

it.live(
  "the demo goes on at the press of a key or of its page's buttons, within the terminal's width, until Ctrl-C",
  () =>
    Effect.gen(function*() {
      const { exitCode, press, shows, written } = yield* onTerminal
      yield* shows(/f: push a fix/)
      const origin = /in its place:\s+(http:\/\/[\d.:]+)/.exec(written())?.[1] ?? ""
      const first = yield* read(origin)
      assert.notInclude(first, "4 fixed")
      const [, cost = "none"] = /<b>\$(0\.\d+)<\/b><span class="quiet">would cost/.exec(first) ?? []
      yield* press("b")
      yield* shows(new RegExp(`MODEL +anthropic[^]*COST +\\$0\\.\\d+[^]*MODEL +total +COST +\\$${cost}\\b[^]*Ctrl-C`))
      assert.strictEqual((yield* button(origin, "fix", { origin: "http://elsewhere.test" })).status, 404)
      assert.strictEqual((yield* button(origin, "nothing")).status, 404)

      assert.strictEqual((yield* button(origin, "fix")).status, 303)
      assert.match(yield* read(origin), /<meta http-equiv="refresh"[^]*<button formaction="\/acts\/fix" disabled>/)
      yield* shows(/3 threads resolved:[^]*headline was: 7 new[^]*headline is: 3 still open \([^)]*\)\s·\s4\sfixed/)
      const page = yield* Effect.repeat(read(origin), { until: (html) => !html.includes("http-equiv") })
      assert.strictEqual(
        page.match(/<article [^]*?<\/article>/g)?.filter((card) => card.includes("resolved")).length,
        3
      )

      // What is wanted during an act comes after it.
      yield* press("qk")
      yield* shows(/priya @nominalbot are you sure\?[^]*nominalbot Yes\.[^]*Ctrl-C/)
      yield* shows(/kill -9 (\d+)[^]*process (?!\1)\d+ takes the job[^]*4 threads, and none of them twice\.[^]*Ctrl-C/)
      const lines = written().replaceAll("\r", "").split("\n")
      assert.deepStrictEqual(lines.filter((line) => columns(line) > width), [])
      yield* press("\u0003")
      assert.strictEqual(Number(yield* exitCode), 0)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  180_000
)
