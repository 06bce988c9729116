import { assert, it } from "@effect/vitest"
import {
  detailOf,
  type Failure,
  failureText,
  isAccessRefused,
  isCrash,
  outageReasonOf
} from "@nominal-code/domain/job/Failure"

const detail = "d"
const failures: ReadonlyArray<readonly [Failure, reason: string, refused: boolean, crash: boolean]> = [
  [{ _tag: "Forge", reason: "rate-limited", detail }, "limited", false, false],
  [{ _tag: "Forge", reason: "unavailable", detail }, "away", false, false],
  [{ _tag: "Forge", reason: "unauthorized", detail }, "credentials refused", false, false],
  [{ _tag: "Forge", reason: "forbidden", detail }, "access refused", true, false],
  [{ _tag: "Forge", reason: "not-found", detail }, "access refused", true, false],
  [{ _tag: "Forge", reason: "refused", detail }, "refuses", false, false],
  [{ _tag: "Cluster", reason: "forbidden", detail }, "access refused", false, false],
  [{ _tag: "Cluster", reason: "full", detail }, "full", false, false],
  [{ _tag: "Cluster", reason: "image", detail }, "image", false, false],
  [{ _tag: "Cluster", reason: "pods-refused", detail }, "refuses", false, false],
  [{ _tag: "Store", reason: "full", detail }, "full", false, false],
  [{ _tag: "Model", reason: "overloaded", detail }, "overloaded", false, false],
  [{ _tag: "Model", reason: "no-credit", detail }, "no credit", false, false],
  [{ _tag: "Model", reason: "timeout", detail }, "away", false, false],
  [{ _tag: "Pod", reason: "out-of-memory", detail }, "away", false, true],
  [{ _tag: "Pod", reason: "killed", detail }, "away", false, true],
  [{ _tag: "Pod", reason: "no-result", detail }, "away", false, true],
  [{ _tag: "Pod", reason: "evicted", detail }, "away", false, false],
  [{ _tag: "Pod", reason: "node-lost", detail }, "away", false, false],
  [{ _tag: "Deadline", detail }, "away", false, false]
]

it.each(failures)(
  "of %o, operators read \"%s\", access is refused: %s, and its pod died by itself: %s",
  (failure, reason, refused, crash) => {
    assert.deepStrictEqual([outageReasonOf(failure), isAccessRefused(failure), isCrash(failure)], [
      reason,
      refused,
      crash
    ])
    assert.strictEqual(failureText(failure), `${failure._tag.toLowerCase()}: d`)
  }
)

it("a detail is one line of at most 600 characters", () => {
  assert.strictEqual(detailOf("a\n  b"), "a b")
  assert.lengthOf(detailOf("x".repeat(601)), 600)
})
