import { assert, it } from "@effect/vitest"
import { retryAfter } from "@nominal-code/llm/RetryAfter"
import { Duration, Option } from "effect"

const date = "Sun, 29 Nov 2026 09:00:00 GMT"

it.each(
  [
    [{ "retry-after": "30" }, 30],
    [{ "retry-after": " 0.5 " }, 0.5],
    [{ "retry-after": "Sun, 29 Nov 2026 09:01:30 GMT", date }, 90],
    [{ "retry-after": "Sun, 29 Nov 2026 08:00:00 GMT", date }, 0],
    [{ "retry-after": "Sun, 29 Nov 2026 09:01:30 GMT" }, undefined],
    [{ "retry-after": "soon", date }, undefined],
    [{ "retry-after": "-1", date }, undefined],
    [{ "retry-after": "", date }, undefined],
    [{ date }, undefined]
  ] as const
)("a wait is read from %o: %s seconds", (headers, seconds) => {
  assert.deepStrictEqual(
    Option.map(retryAfter(new Headers(headers)), Duration.toSeconds),
    Option.fromUndefinedOr(seconds)
  )
})
