import { Effect, Option, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { isTooLarge } from "./Failure.ts"

/** Page of a list that a call asks for. */
export interface Page {
  readonly page: number
  readonly perPage: number
}

/** Items of a page, and of those that are asked for in its place where its answer is larger than what is read. */
const [pageSize, ...smallerSizes] = [100, 10, 1] as const

/** All items of a list, in order. A page that is too large is read in smaller ones; the next one has its usual size. */
export const itemsOf = <A>(
  read: (page: Page) => Effect.Effect<ReadonlyArray<A>, ForgeError>
): Stream.Stream<A, ForgeError> => {
  /** The page after so many items, of this size or a smaller one. */
  const pageAfter = (
    before: number,
    perPage: number
  ): Effect.Effect<readonly [ReadonlyArray<A>, Option.Option<number>], ForgeError> =>
    read({ page: before / perPage + 1, perPage }).pipe(
      Effect.map((items) => [items, items.length === perPage ? Option.some(before + perPage) : Option.none()] as const),
      Effect.catchIf(isTooLarge, (error) => {
        const smaller = smallerSizes.find((size) => size < perPage)
        return smaller === undefined ? Effect.fail(error) : pageAfter(before, smaller)
      })
    )
  const sizeAfter = (before: number) => [pageSize, ...smallerSizes].find((size) => before % size === 0) ?? 1
  return Stream.paginate(0, (before: number) => pageAfter(before, sizeAfter(before)))
}
