import { assert, it } from "@effect/vitest"
import { argumentsOf } from "@nominal-code/agent/claude/Command"
import { Option } from "effect"

const invocation = {
  model: "default",
  maxTurns: 8,
  maxUsd: Option.none(),
  resume: Option.none(),
  systemPromptFile: "/system",
  mcpConfigFile: "/mcp"
}

/** Words of the command line that follow one another. */
const has = (args: ReadonlyArray<string>, ...words: ReadonlyArray<string>) =>
  args.some((_, at) => words.every((word, index) => args[at + index] === word))

it("an effort is passed to a Claude Code that knows the option, and to no other", () => {
  const told = argumentsOf({ ...invocation, effort: "high" }, (flag) => flag === "--effort")
  assert.isTrue(has(told, "--effort", "high"))
  assert.isFalse(has(argumentsOf({ ...invocation, effort: "high" }, () => false), "--effort"))
  assert.isFalse(has(argumentsOf(invocation, () => true), "--effort"))
})
