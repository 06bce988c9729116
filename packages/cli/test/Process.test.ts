import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { command } from "@nominal-code/testing/Command"
import { Effect, Option, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { existsSync } from "node:fs"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { secondSignals } from "../src/Signals.ts"
import { absentHome } from "./AbsentHome.ts"

/** Runs a line of bash in which `$0` is Node, `$1` the command and `$2` a program of this directory. */
const bash = Effect.fnUntraced(function*(line: string, name = "") {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const args = ["-c", line, process.execPath, command, fileURLToPath(new URL(name, import.meta.url))]
  const child = yield* spawner.spawn(
    ChildProcess.make("bash", args, { env: { PATH: env["PATH"], HOME: yield* absentHome }, stdin: "ignore" })
  )
  const written = yield* Stream.mkString(Stream.decodeText(child.all))
  return [Number(yield* child.exitCode), written] as const
}, Effect.scoped)

const program = fileURLToPath(new URL("stubborn.ts", import.meta.url))

it.live.each([["SIGTERM", 143], ["SIGINT", 130]] as const)(
  "%s lets a process finish what it is in the middle of; the second one ends it at once, with exit code %i",
  ([signal, code]) =>
    Effect.gen(function*() {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const child = yield* spawner.spawn(ChildProcess.make(process.execPath, [program], { stdin: "ignore" }))
      yield* Stream.runHead(Stream.decodeText(child.stdout))
      const send = Effect.sync(() => process.kill(child.pid, signal))
      // npx sends the Ctrl-C again that the terminal has sent already.
      yield* signal === "SIGINT" ? Effect.andThen(send, send) : send
      const afterOne = yield* Effect.timeoutOption(child.exitCode, "1 second")
      assert.deepStrictEqual(afterOne, Option.none())
      yield* send
      assert.strictEqual(Number(yield* child.exitCode), code)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)

it("a Ctrl-C within a quarter of a second of the first signal is its echo, and a SIGTERM never is", () => {
  const codesOf = (...signals: ReadonlyArray<readonly ["SIGINT" | "SIGTERM", number]>) => {
    const codeAt = secondSignals()
    return signals.map(([signal, millis]) => codeAt(signal, millis))
  }
  assert.deepStrictEqual(codesOf(["SIGINT", 0], ["SIGINT", 249], ["SIGINT", 250]), [undefined, undefined, 130])
  assert.deepStrictEqual(codesOf(["SIGTERM", 5], ["SIGTERM", 6]), [undefined, 143])
  assert.deepStrictEqual(codesOf(["SIGTERM", 5], ["SIGINT", 6], ["SIGTERM", 7]), [undefined, undefined, 143])
})

it.live("a proxy that this Node does not take is a warning of its start", () =>
  Effect.gen(function*() {
    const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.20.0'})"
    const variables = "ALLOWED_USERS=alice REVIEWER_BOT_USERNAME=bot GITHUB_TOKEN=ghp_0123456789 " +
      "GITHUB_WEBHOOK_SECRET=0123456789abcdef ANTHROPIC_API_KEY=sk-ant-0123456789 HTTPS_PROXY=http://proxy.example"
    const [code, written] = yield* bash(`${variables} "$0" --import "${older}" "$1" config show 2>&1 > /dev/null`)
    assert.strictEqual(code, 0, written)
    assert.match(written, /^HTTPS_PROXY is not used, because Node 22\.20\.0 knows no proxy/m)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

// A device that is always full is Linux's.
it.live.skipIf(!existsSync("/dev/full"))(
  "output that a full disk loses is an error, in one line (/dev/full)",
  () =>
    Effect.gen(function*() {
      const lost = "nominal-code: the output could not be written: ENOSPC: no space left on device, write\n"
      for (const args of ["--version", "--help"]) {
        assert.deepStrictEqual(yield* bash(`"$0" "$1" ${args} > /dev/full`), [1, lost])
      }
    }).pipe(Effect.provide(NodeServices.layer))
)

it.live("neither a log nor a progress that nobody reads stops a program", () =>
  Effect.gen(function*() {
    const line = `set -o pipefail; { "$0" "$2" 2>&1 >&3 | true; } 3>&1`
    assert.deepStrictEqual(yield* bash(line, "talkative.ts"), [0, "done\n"])
  }).pipe(Effect.provide(NodeServices.layer)))

it.live("a process asks forges and models without Node's own fetch, whose HTTP client takes 15 MiB", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* bash("\"$0\" \"$2\"", "asking.ts"), [0, "0 by Node's own fetch\n"])
  }).pipe(Effect.provide(NodeServices.layer)))
