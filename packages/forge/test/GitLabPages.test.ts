import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { ForgeError, Refused } from "../src/ForgeError.ts"
import { itemsOf, type Page } from "../src/gitlab/Pages.ts"

const tooLarge = new ForgeError({
  operation: "GitLab.discussions acme/shop!7",
  reason: new Refused({ status: 200, message: "the answer is larger than 32 MiB" })
})

/** A list of so many items, some of them large. An answer holds less than the room, and its requests are counted. */
const listOf = (length: number, room: number, sizes: Readonly<Record<number, number>>) => {
  const asked: Array<string> = []
  const items = itemsOf(({ page, perPage }: Page) => {
    const from = (page - 1) * perPage
    const found = Array.from({ length: Math.max(0, Math.min(perPage, length - from)) }, (_, at) => from + at)
    const isTooLarge = found.reduce((sum, item) => sum + (sizes[item] ?? 0), 0) >= room
    asked.push(`${from}+${perPage}${isTooLarge ? "!" : ""}`)
    return isTooLarge ? Effect.fail(tooLarge) : Effect.succeed(found)
  })
  return { asked, items: Stream.runCollect(items) }
}

const upTo = (length: number) => Array.from({ length }, (_, at) => at)

it.effect("a page that is too large is read in smaller ones, and the next page has its usual size again", () =>
  Effect.gen(function*() {
    const { asked, items } = listOf(250, 10, { 142: 5, 147: 5 })
    assert.deepStrictEqual(yield* items, upTo(250))
    const tens = [100, 110, 120, 130].map((from) => `${from}+10`)
    const ones = [140, 141, 142, 143, 144, 145, 146, 147, 148, 149].map((from) => `${from}+1`)
    const tensAfter = [150, 160, 170, 180, 190].map((from) => `${from}+10`)
    assert.deepStrictEqual(asked, ["0+100", "100+100!", ...tens, "140+10!", ...ones, ...tensAfter, "200+100"])
  }))

it.effect("a list that ends within smaller pages is read to its end", () =>
  Effect.gen(function*() {
    for (const length of [7, 10, 13, 20, 99, 100, 101]) {
      assert.deepStrictEqual(yield* listOf(length, 10, { 2: 5, 6: 5 }).items, upTo(length))
    }
  }))

it.effect("an item that is larger than what is read fails the list, after one request for it alone", () =>
  Effect.gen(function*() {
    const { asked, items } = listOf(20, 10, { 11: 10 })
    assert.strictEqual(yield* Effect.flip(items), tooLarge)
    assert.deepStrictEqual(asked, ["0+100!", "0+10", "10+10!", "10+1", "11+1!"])
  }))
