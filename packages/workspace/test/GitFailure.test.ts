import { assert, it } from "@effect/vitest"
import { fromStderr, headline, isRetryable, withoutCredentials } from "../src/GitFailure.ts"

const id = "0b3665def63dfdf639ae720ccb2a51f1b494b79a"
const url = "https://ghe.example/acme/shop.git"

it("reads the reason of a failure out of git's own words", () => {
  const cases: ReadonlyArray<readonly [string, string, boolean]> = [
    [`fatal: Authentication failed for '${url}/'`, "auth", false],
    ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", "auth", false],
    ["remote: HTTP Basic: Access denied", "auth", false],
    [`fatal: unable to access '${url}/': The requested URL returned error: 403`, "forbidden", true],
    [
      `remote: Permission to acme/shop.git denied to mara.\nfatal: unable to access '${url}/': The requested URL returned error: 403`,
      "auth",
      false
    ],
    [
      `remote: Write access to repository not granted.\nfatal: unable to access '${url}/': The requested URL returned error: 403`,
      "auth",
      false
    ],
    [`remote: Repository not found.\nfatal: repository '${url}/' not found`, "not-found", false],
    ["fatal: couldn't find remote ref refs/pull/7/head", "missing", false],
    ["fatal: remote error: upload-pack: not our ref 0123456789", "missing", false],
    ["error: Server does not allow request for unadvertised object 0123", "missing", false],
    [`fatal: unable to access '${url}/': The requested URL returned error: 301`, "redirected", false],
    [`fatal: unable to access '${url}/': Could not resolve host: ghe.example`, "unreachable", true],
    [`fatal: unable to access '${url}/': Failed to connect to ghe.example port 443`, "unreachable", true],
    [`fatal: unable to access '${url}/': The requested URL returned error: 503`, "unreachable", true],
    [`fatal: unable to access '${url}/': The requested URL returned error: 429`, "unreachable", true],
    [`fatal: unable to access '${url}/': server certificate verification failed`, "unreachable", true],
    ["error: RPC failed; curl 18 transfer closed\nfatal: early EOF", "unreachable", true],
    ["fatal: Unable to create '/x/shallow.lock': File exists.", "busy", true],
    ["fatal: write error: No space left on device", "disk-full", true],
    ["error: object file ./objects/aa/bb is empty\nfatal: loose object aabb is corrupt", "corrupt", true],
    ["fatal: not a git repository: '/x'", "corrupt", true],
    [`fatal: unable to stream ${id} to stdout`, "corrupt", true],
    [`fatal: unable to read ${id}`, "corrupt", true],
    [`fatal: unable to parse object: ${id}`, "corrupt", true],
    [`error: Could not read ${id}\nfatal: Failed to traverse parents of commit ${id}`, "corrupt", true],
    [`fatal: Not a valid commit name ${id}`, "corrupt", true],
    ["fatal: Not a valid commit name main", "other", false],
    ["fatal: unable to read askpass response", "other", false],
    ["fatal: no such path 'x' in abc", "other", false]
  ]
  for (const [stderr, reason, retryable] of cases) {
    assert.deepStrictEqual([fromStderr(stderr), isRetryable(fromStderr(stderr))], [reason, retryable], stderr)
  }
})

it("shows the last line that says what went wrong, without credentials", () => {
  assert.strictEqual(headline("warning: x\nfatal: https://bob:pw@h/x is bad\nhint: y\n"), "https://***@h/x is bad")
  assert.strictEqual(headline(""), "no explanation")
  assert.strictEqual(withoutCredentials("see ssh://tok@h and http://h/a@b"), "see ssh://***@h and http://h/a@b")
})
