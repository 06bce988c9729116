import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { TestConsole } from "effect/testing"
import * as UsageText from "../src/UsageText.ts"

const review = Command.make("review", {
  page: Argument.String("page"),
  days: Flag.Int("days").pipe(Flag.optional),
  share: Flag.Finite("share").pipe(Flag.optional),
  most: Flag.Int("most").pipe(Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0))), Flag.optional),
  on: Flag.Literals("on", ["high", "low"]).pipe(Flag.optional),
  model: Flag.String("model")
}, () => Effect.void)

const run = Command.runWith(Command.make("bot").pipe(Command.withSubcommands([review])), { version: "1" })

const stderr = (args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* Effect.ignore(run(args))
    return (yield* TestConsole.errorLines).map(String).join("\n").split("\n")
  }).pipe(Effect.provide([UsageText.layer, TestConsole.layer, NodeServices.layer]))

const right = ["review", "7", "--model", "m"]

it.effect.each<readonly [ReadonlyArray<string>, string]>([
  [["review", "--model", "m"], "<page> is missing"],
  [["review", "7"], "--model is missing"],
  [["revew", "7"], "there is no command revew: did you mean review?"],
  [["xyzzyxyzzy"], "there is no command xyzzyxyzzy"],
  [[...right, "--modl", "x"], "there is no flag --modl: did you mean --model?"],
  [[...right, "--xyzzyxyzzy"], "there is no flag --xyzzyxyzzy"],
  [[...right, "8", "9"], "unexpected argument: 8 9"],
  [[...right, "--days", "many"], "--days cannot be \"many\": it takes a number"],
  [[...right, "--days", "1.5"], "--days cannot be \"1.5\": it takes an integer"],
  [[...right, "--share", "half"], "--share cannot be \"half\": it takes a number"],
  [[...right, "--most", "0"], "--most cannot be \"0\": it takes a value greater than 0"],
  [[...right, "--days", ""], "--days has no value: it takes a number"],
  [[...right, "--on", ""], "--on has no value: it takes one of high, low"],
  [[...right, "--on", "medium"], "--on cannot be \"medium\": it takes one of high, low"],
  [[...right, "--days", "\u001b[31m1"], "--days cannot be \"[31m1\": it takes a number"]
])("%j is answered with: %s", ([args, sentence]) =>
  Effect.gen(function*() {
    const [first, usage, help, ...others] = yield* stderr(args)
    assert.strictEqual(first, `nominal-code: ${sentence}`)
    assert.match(usage ?? "", /^usage: bot/)
    assert.match(help ?? "", /^ {7}bot(?: review)? --help lists what it takes$/)
    assert.deepStrictEqual(others, [])
  }))

it.effect("what is right is answered with nothing", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* stderr(right), [""])
  }))
