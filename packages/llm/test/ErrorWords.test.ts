import { assert, it } from "@effect/vitest"
import { wordsOf } from "@nominal-code/llm/ErrorWords"

it("an error is told with the first one of its causes, which names the address", () => {
  const refused = new Error("connect ECONNREFUSED 127.0.0.1:9")
  const fetchFailed = new TypeError("fetch failed", { cause: refused })
  assert.strictEqual(
    wordsOf(new Error("Connection error.", { cause: fetchFailed })),
    "Connection error. (connect ECONNREFUSED 127.0.0.1:9)"
  )
  assert.strictEqual(wordsOf(new AggregateError([refused], "all failed")), `all failed (${refused.message})`)
  assert.strictEqual(wordsOf(refused), refused.message)
  assert.strictEqual(wordsOf("text"), "text")
})
