/** A process that says whether it asks forges and models by Node's own `fetch`. */
import { Exchange } from "@nominal-code/forge/Exchange"
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
  const exchange = yield* Exchange
  yield* Effect.exit(Effect.tryPromise(() => fetch(asked)))
  yield* Effect.exit(Effect.tryPromise(() => exchange(asked, {})))
  yield* Console.log(`${calls} by Node's own fetch`)
})

Process.run(program, Ending.teardown)
