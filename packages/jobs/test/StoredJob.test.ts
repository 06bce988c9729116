import { assert, it } from "@effect/vitest"
import * as StoredJob from "@nominal-code/jobs/StoredJob"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { Option } from "effect"

/** Maximum size of a delivery. */
const deliveryBytes = 5 * 1024 * 1024

it("the longest comment that a delivery can bring is stored and read again", () => {
  // Six bytes each in JSON.
  const job = mention(laneOf(1), "a", "\u0001".repeat(deliveryBytes / 6))
  const found = StoredJob.decode(StoredJob.encode(job))
  assert.isTrue(Option.exists(found, ({ prompt }) => prompt === job.prompt))
})
