import { Clock, Effect, Layer } from "effect"
import { type CallPlace, CallRates, placeMillis, type RatedCall } from "./CallRates.ts"

interface Service {
  /** Calls and the ends of their places, in milliseconds since the epoch. */
  readonly places: Map<string, number>
  level: number
  at: number
}

const minute = 60_000

/** Makes the rates of one process. */
export const make = (): CallRates["Service"] => {
  const services = new Map<string, Service>()

  const serviceOf = ({ rate: { tokensPerMinute = 0 }, service }: RatedCall, now: number): Service => {
    const found = services.get(service) ?? { places: new Map<string, number>(), level: tokensPerMinute, at: now }
    services.set(service, found)
    found.level = Math.min(tokensPerMinute, found.level + (now - found.at) * tokensPerMinute / minute)
    found.at = now
    return found
  }

  const take = (call: RatedCall, now: number): CallPlace => {
    const { id, rate: { concurrent, tokensPerMinute }, tokens } = call
    const service = serviceOf(call, now)
    for (const [other, end] of service.places) if (end <= now) service.places.delete(other)
    if (concurrent !== undefined && service.places.size >= concurrent) return { _tag: "Full" }
    service.places.set(id, now + placeMillis)
    if (tokensPerMinute === undefined) return { _tag: "Taken", waitMillis: 0 }
    service.level -= tokens
    return { _tag: "Taken", waitMillis: Math.ceil(Math.max(0, -service.level) * minute / tokensPerMinute) }
  }

  const giveBack = (call: RatedCall, used: number, now: number) => {
    const service = serviceOf(call, now)
    service.places.delete(call.id)
    service.level += call.tokens - used
  }

  return {
    take: (call) => Effect.map(Clock.currentTimeMillis, (now) => take(call, now)),
    giveBack: (call, used) => Effect.map(Clock.currentTimeMillis, (now) => giveBack(call, used, now))
  }
}

/** The rates of one process. */
export const layer = Layer.sync(CallRates, make)
