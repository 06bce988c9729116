import { Effect, FileSystem } from "effect"
import type { Change } from "./Observed.ts"

/*
 * Redis' append-only file holds every write in its order, as the commands of its own protocol. With rewriting switched
 * off it is the journal of everything that became of every job, through all restarts, and nobody had to be asked for it.
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

/** Everything that became of every job of a Redis with that directory, in its order. */
export const read = Effect.fn("QueueJournal.read")(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const files = (yield* fs.readDirectory(`${directory}/appendonlydir`)).filter((name) => name.endsWith(".incr.aof"))
  const inOrder = files.sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
  const parts = yield* Effect.forEach(inOrder, (name) => fs.readFile(`${directory}/appendonlydir/${name}`), {
    concurrency: 1
  })
  return changesIn(parts.flatMap((part) => [...commandsIn(part)]))
})
