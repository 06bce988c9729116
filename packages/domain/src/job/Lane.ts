import { Option, Schema, SchemaTransformation } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { Login, Platform, PullNumber, RepoName } from "../event/PullRequest.ts"

/** A tenant's name, empty where there is one tenant only. */
export const Namespace = Schema.String.check(Schema.isPattern(/^[a-z0-9-]{0,63}$/)).pipe(Schema.brand("Namespace"))
export type Namespace = typeof Namespace.Type

/**
 * The unit of serialization: at most one job of a lane runs at any time, in the order of arrival.
 * A bot's reviews of one pull request share a lane; two pull requests never do.
 */
export class Lane extends Schema.Class<Lane>("@nominal-code/domain/Lane")({
  namespace: Namespace,
  platform: Platform,
  repo: RepoName,
  number: PullNumber,
  bot: Login
}) {}

const fourParts = /^(?:[a-z0-9-]+:)?(?:github|gitlab):[^:]+:[1-9]\d*:[^:]+$/

const keyOf = ({ bot, namespace, number, platform, repo }: typeof Lane.Encoded): string =>
  `${namespace === "" ? "" : `${namespace}:`}${platform}:${repo}:${number}:${bot}`

/**
 * `platform:repo:pr:bot`, after `namespace:` where there is one. No part can hold a colon, so distinct lanes have
 * distinct keys.
 */
export const LaneKey = Schema.String.check(Schema.isPattern(fourParts)).pipe(
  Schema.decodeTo(
    Lane,
    SchemaTransformation.transform({
      decode: (key) => {
        const parts = key.split(":")
        const [platform, repo = "", number, bot = ""] = parts.slice(-4)
        return {
          namespace: parts.length > 4 ? parts[0] ?? "" : "",
          platform: platform === "gitlab" ? "gitlab" as const : "github" as const,
          repo,
          number: Number(number),
          bot
        }
      },
      encode: keyOf
    })
  )
)

/** A lane's key as text, for logs and for stores. */
export const laneKey: (lane: Lane) => string = keyOf

// Each announcement of another process names a lane.
SchemaJITCompiler.enable(LaneKey.ast)

const decodeKey = Schema.decodeOption(LaneKey)

/** Lanes whose keys were made or read last, and their greatest number. */
const known = new Map<string, Option.Option<Lane>>()
const maxKnown = 2048

const note = (key: string, lane: Option.Option<Lane>): void => {
  if (known.size >= maxKnown) known.clear()
  known.set(key, lane)
}

/**
 * The key of the lane of a job that is offered. The store names the lane when it has the job, and `laneOfKey` finds it
 * then: to read a key takes as long as the decision about a delivery.
 */
export const offeredLaneKey = (lane: Lane): string => {
  const key = keyOf(lane)
  if (!known.has(key)) note(key, Option.some(new Lane(lane, { disableChecks: true })))
  return key
}

/** The lane of a key; none if the key is none. */
export const laneOfKey = (key: string): Option.Option<Lane> => {
  const found = known.get(key)
  if (found !== undefined) return found
  const lane = decodeKey(key)
  if (Option.isSome(lane)) note(key, lane)
  return lane
}
