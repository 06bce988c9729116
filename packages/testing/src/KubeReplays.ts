import { assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"

const streams = /^stream-/
const watches = /^(?:delete|get|job-without-pods|list|watch)-/

/** The recordings by what they show: the events of one Job, what is there and how it changes, and answers to the rest. */
const parts = {
  streams: (name: string) => streams.test(name),
  watches: (name: string) => watches.test(name),
  requests: (name: string) => !streams.test(name) && !watches.test(name)
}

const names = readdirSync(new URL("../recordings", import.meta.url))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(/\.json$/, ""))

/**
 * Declares the tests of a part's recordings, by the recording's name. A recording of that part without a replay fails,
 * and a replay without its recording.
 */
export const replay = (
  part: keyof typeof parts,
  title: string,
  replays: Readonly<Record<string, (name: string) => void>>
): void => {
  describe.concurrent(title, () => {
    for (const [name, declare] of Object.entries(replays)) describe(name, () => declare(name))

    it("are all replayed", () => {
      assert.deepStrictEqual(Object.keys(replays).sort(), names.filter(parts[part]).sort())
    })
  })
}
