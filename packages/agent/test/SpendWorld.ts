import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import type { Usage } from "@nominal-code/domain/model/Usage"
import { listedPrices } from "@nominal-code/llm/Pricing"
import { type DailyCosts, nanoOf, type SpendAccount } from "@nominal-code/persistence/Spend"
import { Option } from "effect"

/* Two hundred reviews that share their limits, in one process or in several. */

export const reviews = 200

const model = "claude-sonnet-4"

/** Price of a call in nanodollars, by the vendor's list. */
export const costOf = (used: Usage): number => nanoOf(Option.getOrThrow(listedPrices.costOf(model, used)))

/** Limits in US dollars. */
const limits: Readonly<Record<Exclude<SpendLimit, "task">, number>> = {
  review: 0.4,
  "pull-request": 0.6,
  repository: 2.5,
  author: 3,
  day: 9
}

export const dayLimit = nanoOf(limits.day)

/** Factor of the limits that many reviews share, so that all of them can begin, whichever process they are in. */
export const generous = 9

/**
 * Accounts of a review: two share a pull request, forty a repository, about thirty an author. `factor`: of the limits
 * that more than two share.
 */
export const accountsOf = (review: number, factor = 1): ReadonlyArray<SpendAccount> => {
  const account = (kind: Exclude<SpendLimit, "task">, name: number, period: "day" | "life"): SpendAccount => ({
    kind,
    name: `${kind}:${name}`,
    period,
    limit: nanoOf(limits[kind]) * (period === "day" ? factor : 1)
  })
  return [
    account("review", review, "life"),
    account("pull-request", Math.floor(review / 2), "life"),
    account("repository", review % 5, "day"),
    account("author", review % 7, "day"),
    account("day", 0, "day")
  ]
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0)

export const total = (costs: ReadonlyArray<DailyCosts>, of: "spent" | "held" | "lost") =>
  sum(costs.map((one) => one[of]))

/** The vendor's own books, in nanodollars. */
export interface Books {
  /** Bill of each account, by its name. */
  readonly billed: Map<string, number>
  answered: number
  /** Bill of the calls whose answers did not arrive. */
  lost: number
}

export const noBooks = (): Books => ({ billed: new Map(), answered: 0, lost: 0 })

/** Bills a call of a review. */
export const bill = ({ billed }: Books, review: number, nano: number): void => {
  for (const { name } of accountsOf(review)) billed.set(name, (billed.get(name) ?? 0) + nano)
}

/** Accounts whose bill is higher than their limit. */
export const overdrawn = ({ billed }: Books, factor = 1): ReadonlyArray<string> => {
  const limitOf = new Map(
    Array.from({ length: reviews }, (_, review) => accountsOf(review, factor)).flat().map((
      { limit, name }
    ) => [name, limit])
  )
  return [...billed].filter(([name, nano]) => nano > (limitOf.get(name) ?? 0)).map(([name, nano]) => `${name}: ${nano}`)
}
