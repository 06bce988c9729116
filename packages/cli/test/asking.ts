/** A process that says whether it asks the models by Node's own `fetch`. */
import * as Transport from "@nominal-code/llm/Transport"
import { Console, Effect } from "effect"
import * as Ending from "../src/Ending.ts"
import * as Process from "../src/Process.ts"

const asked = "http://127.0.0.1:1/"

const program = Effect.gen(function*() {
  let calls = 0
  globalThis.fetch = () => {
    calls++
    return Promise.reject(new Error("Node's own"))
  }
  const { fetch } = yield* Transport.make
  yield* Effect.exit(Effect.tryPromise(() => fetch(asked)))
  yield* Console.log(`${calls} by Node's own fetch`)
})

Process.run(program, Ending.teardown)
