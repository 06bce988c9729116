import { Effect, type Option, Stream } from "effect"
import { ForgeError, Refused } from "./ForgeError.ts"

/** Largest list that is read, in MiB of memory by estimate: twice the largest answer. */
const largestList = 64

/** Maximum number of items of a list, those too that nobody is shown: GitLab takes 5,000 comments on a merge request. */
export const mostItems = 20_000

/** Maximum number of pages of a list: a server, or a cache in front of it, may name a next one without end. */
const mostPages = mostItems / 100

/** The same for the lists of an App, whose installations may have a great many repositories. */
export const mostPagesOfApp = 1_000

/** Bytes of an object or a text in memory, beside what is in it. */
const each = 32

const bytesIn = (value: unknown): number => {
  if (typeof value === "string") return each + value.length
  if (typeof value !== "object" || value === null) return 8
  return Object.values(value).reduce((sum: number, inner) => sum + bytesIn(inner), each)
}

/** Error of a list that is longer than what is read. */
export const listTooLong = (operation: string, most: string): ForgeError =>
  new ForgeError({ operation, reason: new Refused({ status: 200, message: `the list is longer than ${most}` }) })

/** Items of all pages of a list, in order. It fails where it has more pages than are read. */
export const pagesWithin = <S, A>(
  { most = mostPages, operation }: { readonly operation: string; readonly most?: number },
  first: S,
  read: (at: S) => Effect.Effect<readonly [ReadonlyArray<A>, Option.Option<S>], ForgeError>
): Stream.Stream<A, ForgeError> =>
  Stream.suspend(() => {
    let pages = 0
    return Stream.paginate(first, (at: S) =>
      ++pages > most ? Effect.fail(listTooLong(operation, `${most} pages`)) : read(at))
  })

/** A list that fails where its items are larger together than what is read: a forge may have millions of comments. */
export const withinListSize =
  (operation: string) => <A>(list: Stream.Stream<A, ForgeError>): Stream.Stream<A, ForgeError> =>
    Stream.suspend(() => {
      let bytes = 0
      return Stream.mapArrayEffect(list, (items) => {
        bytes += bytesIn(items)
        return bytes > largestList * 1024 * 1024
          ? Effect.fail(listTooLong(operation, `${largestList} MiB`))
          : Effect.succeed(items)
      })
    })
