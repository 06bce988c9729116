import { Context, type Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { StoreError } from "./StoreError.ts"

/** Limits of the calls of one model service. One that is absent does not hold. */
export interface CallRate {
  readonly concurrent?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

/** A call that is about to be made. */
export interface RatedCall {
  /** Name of the service. */
  readonly service: string
  /** Its own name among the calls of the service. */
  readonly id: string
  /** Number of tokens that it will probably use. */
  readonly tokens: number
  readonly rate: CallRate
}

/** A call with a name that no other has. */
export const newCall = (call: Omit<RatedCall, "id">): RatedCall => ({ ...call, id: randomUUID() })

/** Answer to a call: it may be sent after a wait, or there is no place for it now. */
export type CallPlace = { readonly _tag: "Taken"; readonly waitMillis: number } | { readonly _tag: "Full" }

/** Time after which a place is free again whose process died. */
export const placeMillis = 20 * 60_000

/**
 * Places and tokens of the model services, shared by all calls of a process, or of all processes. The tokens of a minute
 * are a bucket that fills up steadily. A call takes its tokens at once, also those that are not there yet: it waits until
 * they are, in the order of arrival.
 */
export class CallRates extends Context.Service<CallRates, {
  take(call: RatedCall): Effect.Effect<CallPlace, StoreError>
  /** Gives a taken place back. `used` takes the place of the tokens that the call took. */
  giveBack(call: RatedCall, used: number): Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/CallRates") {}
