import { Effect, Stream } from "effect"
import { ForgeError, Refused } from "./ForgeError.ts"

/** Largest list that is read, in MiB of memory by estimate: twice the largest answer. */
const largestList = 64

/** Maximum number of items of a list, those too that nobody is shown: GitLab takes 5,000 comments on a merge request. */
export const mostItems = 20_000

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
