import { hash } from "node:crypto"

/** The keys of what ended on one day. They expire together. */
export interface EndedKeys {
  /** List of the jobs, in the order of their ends. */
  readonly records: string
  /** Hash of the places in that list, by id; one of 64, so that Redis packs each tightly. */
  readonly ids: (id: string) => string
  /** Hash of the places by event, for the jobs that did what another delivery of their event asks for. */
  readonly events: (digest: string) => string
}

/** The keys of one shard. The hash tag puts them all on one node of a cluster. */
export interface ShardKeys {
  readonly shard: number
  /** The ids of a lane's jobs that wait or run, in the order of their turns. */
  readonly queue: (lane: string) => string
  /** Key of the hash of a job that waits, runs or is parked; a parked one expires. */
  readonly job: (id: string) => string
  /** Hash of the last job of each event, while it waits or runs. */
  readonly events: string
  /** Key of the id of an event's job that is parked; it expires with the job. */
  readonly parkedEvent: (digest: string) => string
  readonly ended: (day: number) => EndedKeys
  readonly due: string
  /** Key of the kinds of the lanes' first jobs. */
  readonly work: string
  readonly tick: string
  readonly changes: string
  /** Key of the note that the waits were shortened because Redis' clock was set back. */
  readonly setBack: string
  /** Key of the server that shortens them. */
  readonly setBackClaim: string
  readonly waiting: string
  readonly running: string
  readonly parked: string
  readonly done: string
  readonly superseded: string
  readonly probe: string
  /** Key of the hash of the signers of the shard's jobs. */
  readonly signers: string
  /** Channel that announces when a lane is due. */
  readonly ready: string
}

/** Bucket of a digest, one of 64. */
export const bucketOf = (digest: string): string => digest.slice(0, 1)

export const shardKeys = (shard: number): ShardKeys => {
  const root = `{nc:${shard}}`
  return {
    shard,
    queue: (lane) => `${root}:queue:${lane}`,
    job: (id) => `${root}:job:${id}`,
    events: `${root}:events`,
    parkedEvent: (digest) => `${root}:parked-event:${digest}`,
    ended: (day) => ({
      records: `${root}:ended:${day}`,
      ids: (id) => `${root}:ended:${day}:id:${bucketOf(id)}`,
      events: (digest) => `${root}:ended:${day}:event:${bucketOf(digest)}`
    }),
    due: `${root}:due`,
    work: `${root}:work`,
    tick: `${root}:tick`,
    changes: `${root}:changes`,
    setBack: `${root}:set-back`,
    setBackClaim: `${root}:set-back-claim`,
    waiting: `${root}:is:waiting`,
    running: `${root}:is:running`,
    parked: `${root}:is:parked`,
    done: `${root}:is:done`,
    superseded: `${root}:is:superseded`,
    probe: `${root}:probe`,
    signers: `${root}:signers`,
    ready: `${root}:ready`
  }
}

/** Short form of a job's id; its first character is its bucket. */
export const shortId = (id: string): string => Buffer.from(id, "hex").toString("base64url")

/** Digest of an event: so short that the job which is found by it has to be compared. Of no event it is empty. */
export const eventDigest = (lane: string, event: string): string =>
  event === "" ? "" : hash("sha256", `${lane} ${event}`, "base64url").slice(0, 10)

const dayMillis = 86_400_000

export const dayOf = (now: number): number => Math.floor(now / dayMillis)

/**
 * Days on which a job that is still remembered may have ended, the last one first. Tomorrow is among them: the clock of a
 * Redis is set back now and then, and so is that of a promoted replica.
 */
export const daysOf = (now: number, retentionMillis: number): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(retentionMillis / dayMillis) + 2 }, (_, back) => dayOf(now) + 1 - back)

/** Time to live of the keys of a day after the last end. */
export const keptMillis = (retentionMillis: number): number => retentionMillis + dayMillis

/** The keys of every shard. */
export const allShards = (shards: number): ReadonlyArray<ShardKeys> =>
  Array.from({ length: shards }, (_, index) => shardKeys(index))

/** The shard of a lane: all lanes of a repository share one. */
export const shardOf = (lane: string, shards: number): number => {
  if (shards === 1) return 0
  const repository = lane.split(":").slice(0, -2).join(":")
  return hash("sha256", repository, "buffer").readUInt32BE(0) % shards
}
