import { Effect, FileSystem } from "effect"
import type { Change } from "./Observed.ts"
import type { Move } from "./RedisNodes.ts"

/*
 * Redis' append-only file holds every write in its order, as the commands of its own protocol. With rewriting switched
 * off it is the journal of everything that became of every job, through all restarts, and nobody had to be asked for it.
 * Each node of a cluster has its own.
 */

const lineEnd = 13

/** The commands of an append-only file. A last one that is cut off was never answered, and is left out. */
export function* commandsIn(file: Uint8Array): Generator<ReadonlyArray<string>> {
  const text = new TextDecoder()
  let at = 0
  const line = (): string | undefined => {
    const end = file.indexOf(lineEnd, at)
    if (end === -1) return undefined
    const read = text.decode(file.subarray(at, end))
    at = end + 2
    return read
  }
  for (let head = line(); head !== undefined; head = line()) {
    // Comments are written between commands: the time, for instance.
    if (head.startsWith("#")) continue
    const words: Array<string> = []
    for (let left = Number(head.slice(1)); left > 0; left--) {
      const size = Number(line()?.slice(1) ?? Number.NaN)
      if (!(at + size + 2 <= file.length)) return
      words.push(text.decode(file.subarray(at, at + size)))
      at += size + 2
    }
    yield words
  }
}

const jobKey = /^\{nc:\d+\}:job:([0-9a-f]{20})$/

/** The states of jobs that commands have written. */
export const changesIn = (commands: Iterable<ReadonlyArray<string>>): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  const latest = new Map<string, Change>()
  for (const [command = "", key = "", ...words] of commands) {
    const [, job] = jobKey.exec(key) ?? []
    if (job === undefined || !/^hset$/i.test(command)) continue
    const fields = new Map(
      words.flatMap((word, index) => index % 2 === 0 ? [[word, words[index + 1] ?? ""] as const] : [])
    )
    const change: Change = {
      job,
      lane: fields.get("lane") ?? "",
      state: fields.get("state") ?? "",
      position: Number(fields.get("position")),
      epoch: Number(fields.get("epoch")),
      endedAt: Number(fields.get("ended"))
    }
    // Renewing a lease writes the same state again.
    const last = latest.get(job)
    const renewed = change.state === "running" && last?.state === "running" && last.epoch === change.epoch
    if (change.state === "" || renewed) continue
    changes.push(change)
    latest.set(job, change)
  }
  return changes
}

const shardOfKey = /^\{nc:(\d+)\}:(.*)$/

/** A node's commands on one shard, by the times at which it held it: a move brings the shard's last number along. */
const periodsOf = (
  commands: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<ReadonlyArray<ReadonlyArray<string>>> => {
  const periods: Array<Array<ReadonlyArray<string>>> = [[]]
  for (const command of commands) {
    const [name = "", key = ""] = command
    if (/^restore/i.test(name) && key.endsWith(":tick")) periods.push([])
    periods.at(-1)?.push(command)
  }
  return periods
}

/**
 * The commands on all shards, each shard's in their order, from the journals of nodes among which shards were moved. A
 * step needs the shard's last number, so it is done by the old node before that has moved, and by the new one after.
 */
export const merged = (
  nodes: ReadonlyArray<ReadonlyArray<ReadonlyArray<string>>>,
  moves: ReadonlyArray<Move>
): ReadonlyArray<ReadonlyArray<string>> => {
  const shardOf = ([, key = ""]: ReadonlyArray<string>) => shardOfKey.exec(key)?.[1]
  const shards = new Set(nodes.flatMap((commands) => commands.flatMap((command) => shardOf(command) ?? [])))
  return [...shards].flatMap((shard) => {
    const left = nodes.map((commands) => periodsOf(commands.filter((command) => shardOf(command) === shard)).values())
    // Before the first move it was held by one node, and nothing of it is in the others' journals.
    const before = left.flatMap((periods) => periods.next().value ?? [])
    const own = moves.filter((move) => String(move.shard) === shard)
    return [...before, ...own.flatMap(({ to }) => left[to]?.next().value ?? [])]
  })
}

const readNode = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const files = (yield* fs.readDirectory(`${directory}/appendonlydir`)).filter((name) => name.endsWith(".incr.aof"))
  const inOrder = files.sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
  const parts = yield* Effect.forEach(inOrder, (name) => fs.readFile(`${directory}/appendonlydir/${name}`))
  return parts.flatMap((part) => [...commandsIn(part)])
})

/** Everything that became of every job of the nodes with these directories, each pull request's in its order. */
export const read = Effect.fn("QueueJournal.read")(
  function*(directories: ReadonlyArray<string>, moves: ReadonlyArray<Move>) {
    return changesIn(merged(yield* Effect.forEach(directories, readNode), moves))
  }
)
