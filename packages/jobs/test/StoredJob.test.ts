import { assert, it } from "@effect/vitest"
import { Job } from "@nominal-code/domain/job/Job"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { Option, Schema } from "effect"

/** Maximum size of a delivery. */
const deliveryBytes = 5 * 1024 * 1024

it("the longest comment that a delivery can bring is stored and read again", () => {
  // Six bytes each in JSON.
  const job = mention(laneOf(1), "a", "\u0001".repeat(deliveryBytes / 6))
  const found = StoredJob.decode(StoredJob.encode(job))
  assert.isTrue(Option.exists(found, ({ prompt }) => prompt === job.prompt))
})

const encodeJob = Schema.encodeSync(Job)
/** A value as its JSON is read. */
const inJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

it.prop("a job is stored as its schema encodes it, and read again", [Job], ([job]) => {
  const encoded = inJson(encodeJob(job))
  assert.deepStrictEqual(inJson(job), encoded)
  assert.deepStrictEqual(inJson(encodeJob(Option.getOrThrow(StoredJob.decode(StoredJob.encode(job))))), encoded)
}, { arbitrary: { runs: 300 } })

it("a job of usual size is stored as JSON, and a long one is compressed", () => {
  assert.match(StoredJob.encode(mention(laneOf(1), "a")), /^3:\{/)
  assert.match(StoredJob.encode(mention(laneOf(1), "a", "why? ".repeat(1000))), /^2:[\w-]{1,2000}$/)
})
