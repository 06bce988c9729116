import { type Marker, markersIn } from "@nominal-code/domain/review/Marker"
import * as RedisRecords from "@nominal-code/jobs/redis/RedisRecords"
import type { Redis } from "@nominal-code/persistence/Redis"
import type { GitHubEmulator } from "@nominal-code/testing/GitHubEmulator"
import type { KubeEmulator } from "@nominal-code/testing/KubeEmulator"
import { Effect, Schema } from "effect"
import { bot, nameOf } from "../journeys/Journey.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Observations, Outage, PodRun, Post, StoredKey } from "./Observed.ts"
import * as QueueJournal from "./QueueJournal.ts"
import type { RedisNodes } from "./RedisNodes.ts"
import type { Server } from "./Server.ts"

/** Services that are observed. */
export interface ObservedServices {
  readonly deliveries: Deliveries
  readonly forge: GitHubEmulator
  readonly kube: KubeEmulator
  readonly servers: ReadonlyArray<Server>
  /** The queue's Redis, as any other process sees it. */
  readonly store: Redis["Service"]
  readonly redis: RedisNodes
  readonly outages: ReadonlyArray<Outage>
  /** The Jobs whose nodes were lost. */
  readonly lostJobs: ReadonlySet<string>
}

/** The emulators' own times, as those of the epoch. */
const sinceEpoch = (time: number): number => performance.timeOrigin + time

const podsOf = ({ controller }: KubeEmulator): ReadonlyArray<PodRun> =>
  controller.starts.map(({ at, endedAt, job, lane, madeAt, pod }) => ({
    pod,
    name: job,
    job: /-([0-9a-f]{20})-\d+$/.exec(job)?.[1] ?? "",
    lane,
    madeAt: sinceEpoch(madeAt),
    startedAt: sinceEpoch(at),
    endedAt: endedAt === undefined ? undefined : sinceEpoch(endedAt)
  }))

/**
 * Markers of what a post says: the first one, and those of the earlier reviews that stand in the same summary, which was
 * edited in place; oldest first. A reply that closes a finding is neither an answer nor a finding.
 */
const saidIn = (body: string): ReadonlyArray<Marker> => {
  const [first, ...others] = markersIn(body)
  if (first === undefined || first.headSha !== undefined && (first.fixed ?? first.dismissed) !== undefined) return []
  const isReview = ({ dismissed, fingerprint, fixed, headSha }: Marker) =>
    headSha !== undefined && (fingerprint ?? fixed ?? dismissed) === undefined
  return [first, ...others.filter(isReview)].toReversed()
}

const postsOf = ({ state }: GitHubEmulator): ReadonlyArray<Post> => {
  const posted = [
    ...state.reviews.filter(({ state }) => state !== "PENDING").map((one) => ({ ...one, at: one.submittedAt ?? 0 })),
    ...state.issueComments.map((one) => ({ ...one, at: one.createdAt })),
    ...state.reviewComments.filter(({ review }) => review.state !== "PENDING").map((one) => ({
      ...one,
      at: one.createdAt
    }))
  ]
  return posted.filter(({ author }) => author.login === bot).flatMap(({ at, body, pull, ...others }) =>
    saidIn(body).map(({ fingerprint, headSha, jobId, scope }, index, { length }): Post => ({
      job: jobId,
      pull: nameOf(pull),
      kind: fingerprint === undefined ? "answer" : "finding",
      fingerprint: fingerprint ?? "",
      ...(headSha === undefined || fingerprint !== undefined ? {} : { headSha, ofHead: scope !== "request" }),
      // The last of several was written over the others.
      at: index > 0 && index === length - 1 && "editedAt" in others ? others.editedAt ?? at : at
    }))
  ).sort((one, other) => one.at - other.at)
}

const names = Schema.decodeUnknownEffect(Schema.Array(Schema.String))

/** Answers of all nodes to a command that lists keys. */
const everywhere = ({ nodes }: RedisNodes, ...command: Parameters<RedisNodes["nodes"][number]["command"]>) =>
  Effect.forEach(nodes, (node) => Effect.flatMap(node.command(...command), names)).pipe(
    Effect.orDie,
    Effect.map((found) => [...new Set(found.flat())])
  )

/**
 * Channels that somebody listens to. A server that was frozen until the end goes on listening to the runs that it has
 * lost, until it finds out: it has thirty seconds for that.
 */
const listenedTo = (redis: RedisNodes) =>
  Effect.andThen(Effect.sleep("250 millis"), everywhere(redis, "pubsub", "channels")).pipe(
    Effect.repeat({ times: 120, until: (channels) => channels.every((channel) => !channel.startsWith("nc:done:")) })
  )

/** Every key, and whether it expires. */
const census = Effect.fnUntraced(function*(redis: RedisNodes, store: Redis["Service"]) {
  return yield* Effect.forEach(
    yield* everywhere(redis, "keys", "*"),
    (name) =>
      Effect.map(store.send("census", Schema.Int, ["pttl", name]), (ttl): StoredKey => ({ name, expires: ttl >= 0 })),
    { concurrency: 50 }
  )
})

const unfinishedJobs = ({ store }: KubeEmulator, lost: ReadonlySet<string>): ReadonlyArray<string> =>
  store.jobs().filter(({ status }) =>
    !(status.conditions ?? []).some(({ status, type }) => status === "True" && /^(?:Complete|Failed)$/.test(type))
  ).map(({ metadata }) => metadata.name).filter((name) => !lost.has(name))

/** Looks at everything, once nothing happens any more. */
export const observe = Effect.fn("Observation.observe")(function*(scene: ObservedServices) {
  const { deliveries, forge, kube, lostJobs, outages, redis, servers, store } = scene
  const observed: Observations = {
    accepted: deliveries.accepted,
    refused: deliveries.refused,
    records: yield* (yield* RedisRecords.open(store)).list({ limit: 1_000_000 }),
    changes: yield* QueueJournal.read(redis.directories, redis.moves),
    pods: podsOf(kube),
    posts: postsOf(forge),
    heads: new Map(deliveries.pulls.flatMap((pull) => [[nameOf(pull), pull.headSha] as const])),
    outages,
    keys: yield* census(redis, store),
    channels: yield* listenedTo(redis),
    unfinished: unfinishedJobs(kube, lostJobs),
    crashes: servers.flatMap(({ crashes }) => crashes),
    freezes: servers.flatMap(({ freezes }) => freezes)
  }
  return observed
})
