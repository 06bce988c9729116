import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import { Effect } from "effect"
import { argv } from "node:process"
import { setFlagsFromString } from "node:v8"
import * as EngineOptions from "../src/EngineOptions.ts"

// Parses as a review does, with our options if the first argument is "ours", and with those that follow it.

const [whose, ...others] = argv.slice(2)
if (whose === "ours") EngineOptions.set()
for (const option of others) setFlagsFromString(option)

const text = Array.from(
  { length: 400 },
  (_, at) =>
    `export const price${at} = (cents: number) => cents > ${at} ? { cents, text: \`\${cents} ct\` } : undefined`
).join("\n")

const program = Effect.gen(function*() {
  const { outline } = yield* Syntax.make()
  for (let at = 0; at < 3; at++) yield* outline("src/prices.ts", `${text}\n// ${at}`)
})

NodeRuntime.runMain(Effect.scoped(program))
