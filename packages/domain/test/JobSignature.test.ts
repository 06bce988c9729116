import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import {
  isRunToken,
  type JobOrigin,
  keysIn,
  originOf,
  runToken,
  signatureOf,
  type StoredText
} from "@nominal-code/domain/job/JobSignature"
import { Redacted } from "effect"

const keys = (text: string) => keysIn(Redacted.make(text))
const stored: StoredText = { id: "job", lane: "lane", text: "{}" }
const [old, both, other] = [keys("old-key"), keys("new-key  old-key"), keys("other-key")]
const signed = signatureOf(old, stored)

it("a setting's keys are parted by blanks, and each has a fingerprint that is not the key", () => {
  assert.deepStrictEqual(both.map(({ secret }) => Redacted.value(secret)), ["new-key", "old-key"])
  assert.strictEqual(both[1]?.fingerprint, old[0]?.fingerprint)
  assert.match(old[0]?.fingerprint ?? "", /^[0-9a-f]{16}$/)
  assert.notStrictEqual(both[0]?.fingerprint, both[1]?.fingerprint)
})

it("a job is signed with the first key, and with none where there is no key", () => {
  assert.isUndefined(signatureOf([], stored))
  assert.strictEqual(signatureOf(both, stored)?.key, both[0]?.fingerprint)
})

it.each<readonly [string, JobOrigin, ReturnType<typeof keys>, Partial<StoredText>, typeof signed]>([
  ["by nobody in particular, where there are no keys", "ours", [], {}, undefined],
  ["with a key, where there are none", "ours", [], {}, signed],
  ["without a signature", "unsigned", old, {}, undefined],
  ["with our key", "ours", old, {}, signed],
  ["with our older key", "ours", both, {}, signed],
  ["with a key that we do not have", "foreign", other, {}, signed],
  ["with a code of another length", "forged", old, {}, { key: old[0]?.fingerprint ?? "", code: "00" }],
  ["for another text", "forged", old, { text: "{ }" }, signed],
  ["for another job", "forged", old, { id: "other" }, signed],
  ["for another lane", "forged", old, { lane: "other" }, signed]
])("a job that was stored %s is %s", (_, origin, keys, changes, signature) => {
  assert.strictEqual(originOf(keys, { ...stored, ...changes }, signature), origin)
})

it("a token is of one run of one job, under any of the keys", () => {
  const [id, otherId] = [JobId.make("0".repeat(20)), JobId.make("1".repeat(20))]
  const token = runToken(old, id, 2)
  assert.isUndefined(runToken([], id, 2))
  assert.isTrue(isRunToken(old, id, 2, token))
  assert.isTrue(isRunToken(both, id, 2, token))
  assert.isFalse(isRunToken(old, id, 3, token))
  assert.isFalse(isRunToken(old, otherId, 2, token))
  assert.isFalse(isRunToken(other, id, 2, token))
  assert.isFalse(isRunToken(old, id, 2, undefined))
  assert.isTrue(isRunToken([], id, 2, undefined))
})
