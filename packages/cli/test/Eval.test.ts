import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { parseFloors } from "@nominal-code/eval/Floor"
import { EvalResult } from "@nominal-code/eval/Measured"
import { ConfigProvider, Console, Effect, FileSystem, Option, Result, Runtime, Schema } from "effect"
import { type EvalFlags, evaluate } from "../src/commands/Eval.ts"

const flags: EvalFlags = {
  suites: [],
  compare: false,
  scripted: false,
  model: Option.none(),
  provider: Option.none(),
  judge: Option.none(),
  judgeUrl: Option.none(),
  only: Option.none(),
  candidates: Option.none(),
  tool: Option.none(),
  concurrency: 4,
  maxUsd: 10,
  floors: [],
  out: Option.none(),
  json: false
}

const floors = (text: string) => Result.getOrThrow(parseFloors(text))

/** A configuration without keys, and what the command prints. */
const withConsole = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "eval-" })
  const env = { PATH: process.env["PATH"] ?? "", WORKSPACE_BASE_DIR: `${directory}/git`, NOMINAL_DATA_DIR: directory }
  const run = Effect.fnUntraced(function*(changes: Partial<EvalFlags>) {
    const printed: Array<string> = []
    const console = { ...(yield* Console.Console), log: (text: string) => printed.push(text), error: () => {} }
    const { code, said } = yield* evaluate({ ...flags, ...changes }).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
      Effect.provideService(Console.Console, console),
      Effect.match({
        onSuccess: () => ({ code: 0, said: "" }),
        onFailure: (error) => ({ code: Runtime.getErrorExitCode(error), said: error.message })
      })
    )
    return { code, said, printed: printed.join("\n") }
  })
  return { directory, fs, run }
})

layer(NodeServices.layer)("nominal-code eval", (it) => {
  it.effect("names the nearest cases where --only leaves none", () =>
    Effect.gen(function*() {
      const { run } = yield* withConsole
      const { code, said } = yield* run({ scripted: true, only: Option.some("csharp-asink") })
      assert.strictEqual(code, 2)
      assert.match(said, /^--only csharp-asink leaves no case: none of the 40 names contains it; the nearest are [^]+/)
      const nearest = said.split("the nearest are ")[1]?.split(", ") ?? []
      assert.lengthOf(nearest, 5)
      assert.isTrue(nearest.some((name) => name.startsWith("csharp-")), said)
    }).pipe(Effect.scoped))

  it.effect("measures the suite that comes with the program, by its script, and ends with 3 below a floor", () =>
    Effect.gen(function*() {
      const { directory, fs, run } = yield* withConsole
      const first = yield* run({
        scripted: true,
        out: Option.some(`${directory}/one`),
        floors: floors("f1=0.8,clean=0.1")
      })
      assert.strictEqual(first.code, 0)
      assert.include(first.printed, "40 cases, 20 of them clean; 17 of 20 goldens found by 21 findings")
      const figures = Object.fromEntries(first.printed.split("\n").map((line) => line.split(/ {2,}/)))
      assert.deepInclude(figures, {
        precision: ".810",
        recall: ".850",
        F1: ".829",
        "golden or fixed later": ".905",
        "findings per clean change": "0.1",
        repeats: "0",
        "anchors within 3 lines": "1.000"
      })
      const page = yield* fs.readFileString(`${directory}/one/index.html`)
      assert.include(page, "Removing from `all` while iterating")
      assert.notInclude(page, "mapToInt", "a finding whose quote stands nowhere is not posted")
      assert.notInclude(page, "reading `user` throws", "a refuted finding is not posted")
      assert.notInclude(page, "repeat ·", "two wordings of one defect are one finding")

      const again = yield* run({
        suites: [`${directory}/one/goldens.json`],
        candidates: Option.some(`${directory}/one/candidates.json`),
        out: Option.some(`${directory}/two`),
        floors: floors("precision=0.9")
      })
      assert.strictEqual(again.code, 3)
      assert.include(again.printed, "17 of 20 goldens found by 21 findings")
      const candidates = Option.some(`${directory}/one/candidates.json`)
      const { printed } = yield* run({ suites: [`${directory}/one/goldens.json`], candidates, json: true })
      const { cases, judge, metrics, reviewer } = yield* Schema.decodeEffect(Schema.fromJsonString(EvalResult))(printed)
      assert.deepStrictEqual([cases.length, judge, reviewer], [40, "words", "nominal-code"])
      assert.deepInclude(metrics, { goldens: 20, found: 17, findings: 21, repeats: 0, findingsPerPullRequest: 21 / 40 })
      const compared = yield* run({ compare: true, suites: [`${directory}/one`, `${directory}/two/result.json`] })
      assert.match(compared.printed, /^F1 +\.829 +\.829$/m)
      assert.match(compared.printed, /^golden or fixed later +\.905 +\.810 +worse$/m)
    }))

  it.effect("says what is wrong with what it was asked", () =>
    Effect.gen(function*() {
      const { run } = yield* withConsole
      const cases: ReadonlyArray<readonly [Partial<EvalFlags>, number]> = [
        [{ suites: ["goldens.json"] }, 2],
        [{ compare: true, suites: ["one"] }, 2],
        [{ scripted: true, only: Option.some("no such case") }, 2],
        [{ scripted: true, judge: Option.some("gpt") }, 2],
        [{ scripted: true, judgeUrl: Option.some("http://localhost:1") }, 2],
        [{ scripted: true, suites: ["/nowhere"] }, 1]
      ]
      for (const [changes, code] of cases) assert.strictEqual((yield* run(changes)).code, code)
    }))
})
