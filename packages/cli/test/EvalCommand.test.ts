import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { evalCommand } from "../src/eval/Command.ts"
import * as UsageText from "../src/UsageText.ts"

/** Words of `eval` on stderr about arguments that it refuses, without the usage. */
const refusal = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* Effect.ignore(Command.runWith(evalCommand, { version: "1" })(args))
    return (yield* TestConsole.errorLines).map(String).join("\n").split("\nusage:")[0]
  }).pipe(Effect.provide([UsageText.layer, TestConsole.layer, NodeServices.layer]))

describe("eval refuses, before it reviews anything,", () => {
  it.effect.each<readonly [string, ReadonlyArray<string>, RegExp]>([
    ["no review at the same time", ["--concurrency", "0"], /^nominal-code: --concurrency cannot be "0"/],
    ["half a review", ["--concurrency", "1.5"], /^nominal-code: --concurrency cannot be "1\.5": it takes an integer$/],
    ["less than no dollars", ["--max-usd=-0.01"], /^nominal-code: --max-usd cannot be "-0\.01"/],
    [
      "dollars without end",
      ["--max-usd", "Infinity"],
      /^nominal-code: --max-usd cannot be "Infinity": it takes a number$/
    ],
    [
      "a floor of no figure",
      ["--floor", "beauty=1"],
      /^nominal-code: --floor cannot be "beauty=1": it takes figures with /
    ],
    [
      "a floor without a value",
      ["--floor", "f1"],
      /^nominal-code: --floor cannot be "f1": it takes figures with their /
    ],
    ["a third suite", ["one", "two", "three"], /^nominal-code: /]
  ])("%s", ([, args, sentence]) =>
    Effect.gen(function*() {
      assert.match((yield* refusal("--scripted", ...args)) ?? "", sentence)
    }))
})
