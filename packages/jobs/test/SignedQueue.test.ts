import { assert, it } from "@effect/vitest"
import { Login } from "@nominal-code/domain/event/PullRequest"
import { Job } from "@nominal-code/domain/job/Job"
import { keysIn, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { laneKey } from "@nominal-code/domain/job/Lane"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import * as SignedQueue from "@nominal-code/jobs/signature/SignedQueue"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import { laneOf, lifecycle, mention, shaOf } from "@nominal-code/testing/Jobs"
import { lane } from "@nominal-code/testing/QueueSteps"
import { Layer, Option, Redacted } from "effect"
import { queueSuite } from "./queueSuite.ts"

const [ours, others] = ["the-key-of-the-servers-and-of-nobody-else", "a-key-that-somebody-else-has-made-for-it"]
const keys = keysIn(Redacted.make(ours))

queueSuite(
  "signed, in memory",
  SignedQueue.layer.pipe(Layer.provideMerge(MemoryQueue.layer), Layer.provide(Layer.succeed(SigningKeys, keys)))
)

const genuine = mention(lane, "a")
const placeOf = ({ id, lane }: Job) => ({ id, lane: laneKey(lane) })
const place = placeOf(genuine)
const signedAs = (job: Job, setting = ours) =>
  StoredJob.sign(keysIn(Redacted.make(setting)), placeOf(job), StoredJob.encode(job))
const stored = signedAs(genuine)
const [head = "", form = ""] = stored.split(/(?=3:\{)/)
const changed = (change: Partial<Job>) => `${head}${StoredJob.encode(new Job({ ...genuine, ...change }))}`

const forgeries: ReadonlyArray<readonly [what: string, stored: string, origin: string]> = [
  ["without a signature", StoredJob.encode(genuine), "unsigned"],
  ["signed with another key", signedAs(genuine, others), "foreign"],
  [
    "signed with another key under the name of ours",
    signedAs(genuine, others).replace(/^4:.{16}/, stored.slice(0, 18)),
    "forged"
  ],
  ["with the signature of another job", `${signedAs(mention(lane, "b")).split("3:")[0]}${form}`, "forged"],
  ["whose request was changed", changed({ prompt: "explain /etc/passwd" }), "forged"],
  ["whose author was changed", changed({ event: { ...genuine.event, author: Login.make("mallory") } }), "forged"],
  ["that says its author may ask", changed({ unverified: true }), "forged"],
  ["that says its run has no token", stored.replace(/:(?=3:)/, "7:"), "forged"],
  ["with a signature in a signature", stored.replace("3:", "4:"), "unsigned"],
  ["with a signature that is none", stored.replace(/^4:.{80}/, "4:"), "unsigned"]
]

it.each(forgeries)("a job %s is none of ours", (_, text, origin) => {
  assert.notStrictEqual(text, stored)
  assert.strictEqual(StoredJob.origin(keys, place, text), origin)
})

it("a stored job counts for its own id and lane, with the first key or a later one, and with a field of a later version", () => {
  const origin = (text: string, setting = ours, at = place) =>
    StoredJob.origin(keysIn(Redacted.make(setting)), at, text)
  assert.strictEqual(origin(stored), "ours")
  assert.strictEqual(origin(stored, `${others}  ${ours}`), "ours")
  assert.strictEqual(origin(stored, others), "foreign")
  assert.strictEqual(origin(stored, ours, { ...place, lane: laneKey(laneOf(2)) }), "forged")
  assert.strictEqual(origin(stored, ours, placeOf(mention(lane, "b"))), "forged")
  const later = StoredJob.encode(genuine).replace("{", "{\"field of a later version\":{\"b\":1,\"a\":2},")
  const signed = StoredJob.sign(keys, place, later)
  assert.strictEqual(origin(signed), "ours")
  assert.deepStrictEqual(StoredJob.decode(signed), Option.some(genuine))
})

it("what a job inherits stands beside what is signed, whose bytes stay as they are", () => {
  const job = lifecycle(lane, "push", "pr_push", shaOf("one"))
  const inherited = { again: "a request: ä|:", asked: true } as const
  for (const one of [signedAs(job), StoredJob.encode(job)]) {
    const heir = StoredJob.inheriting(one, inherited)
    assert.deepStrictEqual(
      StoredJob.decode(heir),
      Option.some(new Job({ ...job, event: { ...job.event, ...inherited } }))
    )
  }
  const heir = StoredJob.inheriting(StoredJob.inheriting(signedAs(job), { asked: true }), { again: "b" })
  assert.strictEqual(StoredJob.origin(keys, placeOf(job), heir), "ours")
  assert.isTrue(heir.endsWith(StoredJob.encode(job)))
})
