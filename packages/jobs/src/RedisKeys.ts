import { createHash } from "node:crypto"

/** The keys of one shard. The hash tag puts them all on one node of a cluster. */
export interface ShardKeys {
  readonly shard: number
  /** The ids of a lane's jobs that wait or run, in the order of their turns. */
  readonly queue: (lane: string) => string
  /** Key of a job's hash. It expires some time after the job's end. */
  readonly job: (id: string) => string
  /** The id of the last job of an event. */
  readonly event: (lane: string, event: string) => string
  readonly due: string
  /** Key of the kinds of the lanes' first jobs. */
  readonly work: string
  readonly tick: string
  readonly changes: string
  readonly waiting: string
  readonly running: string
  readonly parked: string
  readonly log: string
  readonly probe: string
  /** Channel that announces when a lane is due. */
  readonly ready: string
}

const hashOf = (text: string) => createHash("sha256").update(text)

export const shardKeys = (shard: number): ShardKeys => {
  const root = `{nc:${shard}}`
  return {
    shard,
    queue: (lane) => `${root}:queue:${lane}`,
    job: (id) => `${root}:job:${id}`,
    event: (lane, event) => `${root}:event:${hashOf(`${lane} ${event}`).digest("base64url").slice(0, 16)}`,
    due: `${root}:due`,
    work: `${root}:work`,
    tick: `${root}:tick`,
    changes: `${root}:changes`,
    waiting: `${root}:is:waiting`,
    running: `${root}:is:running`,
    parked: `${root}:is:parked`,
    log: `${root}:log`,
    probe: `${root}:probe`,
    ready: `${root}:ready`
  }
}

/** The keys of every shard. */
export const allShards = (shards: number): ReadonlyArray<ShardKeys> =>
  Array.from({ length: shards }, (_, index) => shardKeys(index))

/** The shard of a lane: all lanes of a repository share one. */
export const shardOf = (lane: string, shards: number): number => {
  const repository = lane.split(":").slice(0, -2).join(":")
  return hashOf(repository).digest().readUInt32BE(0) % shards
}
