import { assert, it } from "@effect/vitest"
import { Severity } from "@nominal-code/domain/review/Finding"
import { shaOf } from "@nominal-code/testing/Jobs"
import { Effect, Runtime, Schema } from "effect"
import { judge } from "../src/review/FailOn.ts"

const reportOf = (severities: ReadonlyArray<Severity>) => ({
  summary: "",
  findings: [],
  headSha: shaOf("a"),
  usage: undefined,
  severities,
  files: new Map(),
  coverage: []
})

const verdict = (severities: ReadonlyArray<Severity>, least: Severity) =>
  Effect.match(judge(reportOf(severities), least), {
    onFailure: (error) => `${error[Runtime.errorExitCode]} ${error.message}`,
    onSuccess: () => "0"
  })

it.effect("findings of the severity, or of a worse one, end the command with 3", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* verdict(["low", "high", "critical"], "high"), "3 2 findings are high or worse")
    assert.strictEqual(yield* verdict(["low", "high", "critical"], "critical"), "3 1 finding is critical")
    assert.strictEqual(yield* verdict(["medium"], "low"), "3 1 finding is low or worse")
    assert.strictEqual(yield* verdict(["medium", "low"], "high"), "0")
    assert.strictEqual(yield* verdict([], "low"), "0")
  }))

const Severities = Schema.Array(Severity).check(Schema.isMaxLength(6))

it.effect.prop(
  "who is content with a severity is content with every worse one",
  [Severities],
  ([severities]) =>
    Effect.gen(function*() {
      const verdicts = yield* Effect.forEach(
        Severity.literals.toReversed(),
        (least) => Effect.map(verdict(severities, least), (text) => text === "0"),
        { concurrency: 1 }
      )
      assert.deepStrictEqual(verdicts, verdicts.toSorted((one, other) => Number(one) - Number(other)))
    })
)
