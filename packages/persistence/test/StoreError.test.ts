import { assert, it } from "@effect/vitest"
import { StoreError } from "../src/StoreError.ts"

it("an error of a store keeps no stack, which would hold all that waited for the same answer", () => {
  const { stack } = new StoreError({ operation: "JobQueue.offer", message: "the disk is full", reason: "full" })
  assert.strictEqual(stack, "StoreError: the disk is full")
})
