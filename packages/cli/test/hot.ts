import { argv } from "node:process"
import * as EngineOptions from "../src/EngineOptions.ts"

// Calls a function until V8 optimizes it: after the end of all compilation if the first argument is "ended".

if (argv[2] === "ended") EngineOptions.endCompilation(() => {})

let sum = 0
const add = (count: number) => {
  for (let at = 0; at < count; at++) sum += at % 7
}
for (let call = 0; call < 20_000; call++) add(1_000)
