import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Stream } from "effect"
import { ForgeError, Refused } from "../src/ForgeError.ts"
import { itemsOf, type Page } from "../src/gitlab/Pages.ts"

const operation = "GitLab.discussions acme/shop!7"
const tooLarge = new ForgeError({
  operation,
  reason: new Refused({ status: 200, message: "the answer is larger than 32 MiB" })
})

/** Parts of a list beside its length. */
interface ListOptions {
  /** Sizes of large items. An answer holds less than ten. */
  readonly sizes?: Readonly<Record<number, number>>
  readonly isHidden?: (item: number) => boolean
  /** False: no header says if a page follows. */
  readonly tells?: boolean
  readonly skipsTooLarge?: boolean
}

/** A list of so many items, whose requests are counted. */
const listOf = (length: number, { isHidden = () => false, sizes = {}, skipsTooLarge, tells }: ListOptions = {}) => {
  const asked: Array<string> = []
  const items = itemsOf({
    operation,
    ...(skipsTooLarge === undefined ? {} : { skipsTooLarge }),
    read: ({ page, perPage }: Page) =>
      Effect.suspend(() => {
        const from = (page - 1) * perPage
        const found = Array.from({ length: Math.max(0, Math.min(perPage, length - from)) }, (_, at) => from + at)
        const isTooLarge = found.reduce((sum, item) => sum + (sizes[item] ?? 0), 0) >= 10
        asked.push(`${from}+${perPage}${isTooLarge ? "!" : ""}`)
        const next = tells === false ? undefined : from + perPage < length ? String(page + 1) : ""
        return isTooLarge
          ? Effect.fail(tooLarge)
          : Effect.succeed({ items: found.filter((item) => !isHidden(item)), next })
      })
  })
  return { asked, items: Stream.runCollect(items) }
}

const upTo = (length: number) => Array.from({ length }, (_, at) => at)

it.effect("a page that is too large is read in smaller ones, and the next page has its usual size again", () =>
  Effect.gen(function*() {
    const { asked, items } = listOf(250, { sizes: { 142: 5, 147: 5 } })
    assert.deepStrictEqual(yield* items, upTo(250))
    const tens = [100, 110, 120, 130].map((from) => `${from}+10`)
    const ones = [140, 141, 142, 143, 144, 145, 146, 147, 148, 149].map((from) => `${from}+1`)
    const tensAfter = [150, 160, 170, 180, 190].map((from) => `${from}+10`)
    assert.deepStrictEqual(asked, ["0+100", "100+100!", ...tens, "140+10!", ...ones, ...tensAfter, "200+100"])
  }))

it.effect.each([true, false])(
  "a list that ends within smaller pages is read to its end (it tells: %s)",
  (tells) =>
    Effect.gen(function*() {
      for (const length of [7, 10, 13, 20, 99, 100, 101]) {
        const { items } = listOf(length, { tells, sizes: { 2: 5, 6: 5 } })
        assert.deepStrictEqual(yield* items, upTo(length))
      }
    })
)

it.effect("a page from which items are hidden is not the last one, and an empty one is not either", () =>
  Effect.gen(function*() {
    const isHidden = (item: number) => item === 3 || item >= 100 && item < 290
    const { asked, items } = listOf(300, { isHidden })
    assert.deepStrictEqual(yield* items, upTo(300).filter((item) => !isHidden(item)))
    assert.deepStrictEqual(asked, ["0+100", "100+100", "200+100"])
  }))

describe("an item that is larger than what is read", () => {
  it.effect("fails the list, after one request for it alone", () =>
    Effect.gen(function*() {
      const { asked, items } = listOf(20, { sizes: { 11: 10 } })
      assert.strictEqual(yield* Effect.flip(items), tooLarge)
      assert.deepStrictEqual(asked, ["0+100!", "0+10", "10+10!", "10+1", "11+1!"])
    }))

  it.effect("is left out where nothing depends on it, with one warning for all of the list", () =>
    Effect.gen(function*() {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Warn") warnings.push(message)
      })
      const { items } = listOf(120, { sizes: { 11: 10, 13: 10, 119: 10 }, skipsTooLarge: true })
      const read = yield* Effect.provide(items, Logger.layer([logger]))
      assert.deepStrictEqual(read, upTo(119).filter((item) => item !== 11 && item !== 13))
      assert.lengthOf(warnings, 1)
      assert.include(String(warnings[0]), operation)
    }))

  it.effect("fails the list all the same where it has more than ten of them", () =>
    Effect.gen(function*() {
      const { asked, items } = listOf(100, {
        sizes: Object.fromEntries(upTo(100).map((item) => [item, 10])),
        skipsTooLarge: true
      })
      assert.strictEqual(yield* Effect.flip(items), tooLarge)
      assert.lengthOf(asked, 14)
    }))
})

describe("a list without end", () => {
  it.effect("fails after 20,000 items, shown or hidden", () =>
    Effect.gen(function*() {
      for (const isHidden of [() => false, () => true]) {
        const { asked, items } = listOf(Infinity, { isHidden })
        assert.strictEqual((yield* Effect.flip(items)).message, `the list is longer than 20000 items (${operation})`)
        assert.lengthOf(asked, 200)
      }
    }))

  it.effect("fails where its items are larger together than 64 MiB", () =>
    Effect.gen(function*() {
      let pages = 0
      const body = "a".repeat(1024 * 1024)
      const items = itemsOf({
        operation,
        read: () => {
          pages += 1
          return Effect.succeed({ items: [{ notes: [{ body }, { body }] }], next: "2" })
        }
      })
      const error = yield* Effect.flip(Stream.runDrain(items))
      assert.strictEqual(error.message, `the list is longer than 64 MiB (${operation})`)
      assert.strictEqual(pages, 32)
    }))
})
