import { Effect, Option, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { listTooLong, mostItems, withinListSize } from "../ListSize.ts"
import { isTooLarge } from "./Failure.ts"

/** Page of a list that a call asks for. */
export interface Page {
  readonly page: number
  readonly perPage: number
}

/**
 * Answer to the request for a page. `next`: number of the next page, empty after the last one; undefined where nobody
 * says. GitLab leaves out of a page what the token may not see, and may answer with an empty one before the last.
 */
export interface PageAnswer<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | undefined
}

/** List that is read by pages. */
export interface PagedList<A> {
  /** Operation for error messages. */
  readonly operation: string
  readonly read: (page: Page) => Effect.Effect<PageAnswer<A>, ForgeError>
  /** True: an item that alone is larger than what is read is left out, with a warning. By default it fails the list. */
  readonly skipsTooLarge?: boolean
}

/** Items of a page, and of those that are asked for in its place where its answer is larger than what is read. */
const [pageSize, ...smallerSizes] = [100, 10, 1] as const

/** Maximum number of items of a list that are too large: each of them is read in vain. */
const mostSkipped = 10

/** True if no page follows one of this size. */
export const isLastPage = ({ items, next }: PageAnswer<unknown>, perPage: number): boolean =>
  next === undefined ? items.length < perPage : next === ""

/**
 * All items of a list, in order; it fails if that is more than what is read. A page that is too large is read in smaller
 * ones; the next one has its usual size.
 */
export const itemsOf = <A>({ operation, read, skipsTooLarge }: PagedList<A>): Stream.Stream<A, ForgeError> =>
  Stream.suspend(() => {
    let skipped = 0
    /** No items in the place of one that is too large. */
    const skip = (error: ForgeError) => {
      skipped += 1
      if (skipsTooLarge !== true || skipped > mostSkipped) return Effect.fail(error)
      return Effect.as(
        skipped > 1
          ? Effect.void
          : Effect.logWarning(`an item of a list is larger than what is read, and left out (${operation})`),
        []
      )
    }

    /** The page after so many items, of this size or a smaller one. */
    const pageAfter = (
      before: number,
      perPage: number
    ): Effect.Effect<readonly [ReadonlyArray<A>, Option.Option<number>], ForgeError> =>
      read({ page: before / perPage + 1, perPage }).pipe(
        Effect.map((answer) =>
          [answer.items, isLastPage(answer, perPage) ? Option.none() : Option.some(before + perPage)] as const
        ),
        Effect.catchIf(isTooLarge, (error) => {
          const smaller = smallerSizes.find((size) => size < perPage)
          return smaller === undefined
            ? Effect.map(skip(error), (items) => [items, Option.some(before + 1)] as const)
            : pageAfter(before, smaller)
        })
      )
    const sizeAfter = (before: number) => [pageSize, ...smallerSizes].find((size) => before % size === 0) ?? 1
    return Stream.paginate(0, (before: number) =>
      before < mostItems
        ? pageAfter(before, sizeAfter(before))
        : Effect.fail(listTooLong(operation, `${mostItems} items`)))
  }).pipe(withinListSize(operation))
