import type { Observations, Outage } from "./Observed.ts"
import type { OutageKind } from "./Plan.ts"

/** Number of requests to a service in a minute of an outage; in all, where it was shorter. */
export const perMinute = ({ requests, seconds }: Outage): number => requests / Math.max(1, seconds / 60)

/**
 * Limit of the requests to a service in a minute of its outage. When it begins, sixteen runs are under way; each
 * asks a forge that is away for three lists, four times. The probes of two servers come on top, and what they had begun
 * besides. Two servers and four pods each connect to Redis three times a second. A busy loop asks thousands of times.
 */
export const mostPerMinute: Readonly<Record<OutageKind, number>> = {
  forgeAway: 400,
  forgeLimited: 100,
  modelOverloaded: 100,
  clusterFull: 150,
  apiAway: 150,
  redisAway: 1_200
}

/** Restless: a service that is away is left in peace. */
export const restless = ({ outages }: Observations): ReadonlyArray<string> =>
  outages.flatMap((outage) => {
    const asked = Math.round(perMinute(outage))
    return asked > mostPerMinute[outage.kind] ? [`${outage.kind}: asked ${asked} times a minute`] : []
  })
