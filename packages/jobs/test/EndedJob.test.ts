import { assert, it } from "@effect/vitest"
import { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import * as EndedJob from "@nominal-code/jobs/table/EndedJob"
import type { JobRow } from "@nominal-code/jobs/table/JobTable"
import { shaOf } from "@nominal-code/testing/Jobs"
import { Schema } from "effect"
import { type Chance, chanceOf } from "./Chance.ts"

const rounds = 500

/** Texts with much that is taken out of them, and with what looks like it. */
const texts = (chance: Chance) => {
  const hex = (length: number) => Array.from({ length }, () => chance.below(16).toString(16)).join("")
  const words = [
    () => hex(40),
    () => hex(20),
    () => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
    () => String(chance.below(2 ** 31)),
    () => chance.of(["007", "1.50", "12345678901234567890", "\u0001", "a\u0004b", "0", "é🎉", "github", "-", ""]) ?? ""
  ]
  const word = () => chance.of(words)?.() ?? ""
  const text = () => Array.from({ length: chance.below(8) }, word).join(chance.of([":", ",", ""]) ?? "")
  return { hex, text, filled: () => `x${text()}` }
}

const some = (chance: Chance): JobRow => {
  const { filled, hex, text } = texts(chance)
  const maybe = <A>(make: () => A) => chance.below(2) === 0 ? null : make()
  const instant = () => chance.below(2 ** 45)
  const event = text()
  return {
    id: JobId.make(hex(20)),
    position: instant(),
    endedAt: instant(),
    receivedAt: instant(),
    state: chance.of(["done", "superseded"]) ?? "done",
    lane: text(),
    delivery: text(),
    event,
    lifecycle: event.startsWith("pr_"),
    attempts: chance.below(9),
    losses: chance.below(9),
    supersededBy: maybe(() => JobId.make(hex(20))),
    stoodFor: maybe(() => Array.from({ length: 1 + chance.below(50) }, () => hex(20)).join(" ")),
    outcome: maybe(filled),
    ...EndedJob.atRest
  }
}

it("an ended job is read as it was, whatever its texts hold (seed 5)", () => {
  const chance = chanceOf(5)
  for (let round = 0; round < rounds; round++) {
    const row = some(chance)
    assert.deepStrictEqual(EndedJob.decodeWhole(EndedJob.encodeWhole(row, "1-_a")), { row, call: "1-_a" })
    const { endedAt, id, position, state } = row
    const told = { endedAt, id, position, state: state === "done" ? state : "superseded" } as const
    assert.deepStrictEqual(EndedJob.decode(EndedJob.encode(row), told), row)
  }
})

it("what is stored stays readable: this is how it was written once", () => {
  const stored =
    "WAGA/vjprDOQvwUMASNFZ4mrze8BIwePFORfzupGf6PUAAAAAAAHGpVGKKlgqu+B17LUUhkpV581QeYBAAEDB9ui7OMKBAWxgtQJuWCpEsDEB7lgAMDEBwxjBAejY5JzCiMiLBOTc1P1EwsyrRhxpQsmcGDqEg5PZqLDE2bp8AhXAA=="
  const { call, row } = EndedJob.decodeWhole(Buffer.from(stored, "base64"))
  assert.deepStrictEqual([call, row.id, row.lane, row.event, row.position, row.endedAt, row.receivedAt], [
    "AbCd12",
    "0123456789abcdef0123",
    "github:acme/api:7:nominal-code",
    `pr_push:${shaOf("head")}`,
    1_764_380_000_000,
    1_764_380_090_000,
    1_764_379_999_999
  ])
  const outcome = Schema.decodeSync(Schema.fromJsonString(JobOutcome))(row.outcome ?? "")
  assert.strictEqual(outcome._tag === "Reviewed" ? outcome.usage?.costUsd : undefined, 0.123_456)
})
