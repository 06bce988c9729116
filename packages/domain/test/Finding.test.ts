import { assert, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Finding, fingerprint } from "@nominal-code/domain/review/Finding"

const body =
  "The lock is released before the write ends, so two writers can overlap.\n\nMove `unlock()` into the `finally`."
const finding = new Finding({
  path: RepoPath.make("src/store.ts"),
  line: 12,
  startLine: 11,
  side: "RIGHT",
  body,
  severity: "high",
  confidence: "medium",
  category: "concurrency"
})
const code = ["  lock.release()", "  await write(file)"]
const identity = fingerprint(finding, code)

const differently = (change: Partial<Finding>) => new Finding({ ...finding, ...change })

it("is sixteen hex digits, the same for the same finding", () => {
  assert.match(identity, /^[0-9a-f]{16}$/)
  assert.strictEqual(fingerprint(differently({}), code), identity)
})

it("stays when lines shift or the code is indented anew", () => {
  assert.strictEqual(fingerprint(differently({ line: 40, startLine: 39 }), code), identity)
  assert.strictEqual(fingerprint(finding, ["\tlock.release()\r", "", "\tawait  write(file)  "]), identity)
})

it("goes when the code, the path or the category is another", () => {
  const others = [
    fingerprint(finding, ["  lock.release()", "  await write(other)"]),
    fingerprint(finding, ["  lock.release() await write(file)"]),
    fingerprint(differently({ path: RepoPath.make("src/other.ts") }), code),
    fingerprint(differently({ category: "bug" }), code)
  ]
  assert.strictEqual(new Set([identity, ...others]).size, others.length + 1)
})

it("does not depend on severity, confidence, side or suggestion", () => {
  const same = differently({ severity: "low", confidence: "high", side: "LEFT", suggestion: "x" })
  assert.strictEqual(fingerprint(same, code), identity)
})

it("survives a claim reworded a little", () => {
  const again = [
    "Two writers may overlap: the lock is released before the write ends.\n\nWrap it in try/finally.",
    "**The lock is released BEFORE the write ends** (line 12), so 2... two writers could overlap!"
  ]
  for (const body of again) assert.strictEqual(fingerprint(differently({ body }), code), identity)
})

it("tells claims on the same code apart, also behind the same heading", () => {
  const bodies = [
    "The file handle leaks when the write throws an error.",
    "**Bug**\n\nThe file handle leaks when the write throws an error.",
    "**Bug**\n\nThe lock is taken twice by the same writer."
  ]
  const all = bodies.map((body) => fingerprint(differently({ body }), code))
  assert.strictEqual(new Set([identity, ...all]).size, 4)
})

it("keeps the parts apart", () => {
  assert.notStrictEqual(fingerprint(finding, ["a", "b"]), fingerprint(finding, ["a b"]))
  assert.notStrictEqual(fingerprint(finding, []), identity)
})
