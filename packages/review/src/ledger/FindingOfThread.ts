import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import type { Discussion } from "@nominal-code/domain/review/Review"
import { Option } from "effect"
import { ledgerOf } from "./Ledger.ts"
import { type OwnPostTest, threadIdOf, threadOf } from "./Thread.ts"

/** The finding of ours that began the thread which an event's comment stands in. */
export const findingOf = (
  event: PullRequestEvent,
  discussions: ReadonlyArray<Discussion>,
  isOurs: OwnPostTest
): Option.Option<Fingerprint> => {
  const [first] = threadOf(event, discussions)
  if (first === undefined || !isOurs(first)) return Option.none()
  const found = ledgerOf([first], isOurs).filter((one) => one.threadId === threadIdOf(event))
  const [only, ...others] = found.map(({ fingerprint }) => fingerprint)
  return others.length === 0 ? Option.fromUndefinedOr(only) : Option.none()
}
