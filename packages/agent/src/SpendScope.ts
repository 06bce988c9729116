import type { ModelPrice } from "@nominal-code/domain/model/ModelPrice"
import { nanoOf, newCap, type Spend, type SpendAccount, type SpendSubject } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { Context } from "effect"

/** The ledger and the accounts that an agent's calls are charged to, and the names that their costs are listed by. */
export interface SpendScope {
  readonly ledger: Spend["Service"]
  readonly accounts: ReadonlyArray<SpendAccount>
  readonly subject: Pick<SpendSubject, "repository" | "author">
  /** Prices by model, which take the place of those of the table. */
  readonly prices: Readonly<Record<string, ModelPrice>>
}

/**
 * The scope of the agents that run now, which those that they start inherit. By default nothing is limited, and the
 * ledger ends with the process.
 */
export const SpendScope = Context.Reference<SpendScope>("@nominal-code/agent/SpendScope", {
  defaultValue: () => ({
    ledger: SpendMemory.make(),
    accounts: [],
    subject: { repository: "", author: "" },
    prices: {}
  })
})

/** A scope within another one, with a cap of its own in US dollars. */
export const within = (parent: SpendScope, maxUsd: number): SpendScope => ({
  ...parent,
  accounts: [...parent.accounts, newCap(nanoOf(maxUsd))]
})
