// Makes the startup snapshot: `node bin/snapshot.js <file>`, in the directory of the program.
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import process from "node:process"

/**
 * Modules of Node that a job or a server loads after its start: a snapshot cannot hold those of HTTP, of processes and of
 * SQLite, with what they load in turn.
 */
const loadedLater = new Set([
  "_http_agent",
  "_http_client",
  "_http_common",
  "_http_incoming",
  "_http_outgoing",
  "_http_server",
  "child_process",
  "cluster",
  "dgram",
  "dns",
  "http",
  "internal/child_process",
  "internal/cluster/primary",
  "internal/cluster/round_robin_handle",
  "internal/cluster/shared_handle",
  "internal/cluster/utils",
  "internal/cluster/worker",
  "internal/dgram",
  "internal/dns/callback_resolver",
  "internal/freelist",
  "internal/fs/rimraf",
  "internal/fs/streams",
  "internal/fs/sync_write_stream",
  "internal/histogram",
  "internal/http",
  "internal/perf/event_loop_delay",
  "internal/perf/event_loop_utilization",
  "internal/perf/nodetiming",
  "internal/perf/performance",
  "internal/perf/resource_timing",
  "internal/perf/timerify",
  "internal/perf/usertiming",
  "internal/socket_list",
  "perf_hooks",
  "sqlite"
])

/** Number of modules that Node has at the least. */
const modulesAtLeast = 100
const longestName = 200

/**
 * The end of the file: a number of modules of Node, and for each its name and what Node has compiled of it, each after
 * its length. Undefined if it does not begin here.
 */
const modulesAt = (file, start) => {
  let at = start
  const next = () => {
    if (at + 8 > file.length) return Infinity
    at += 8
    return Number(file.readBigUInt64LE(at - 8))
  }
  const count = next()
  if (count < modulesAtLeast || count > file.length) return undefined
  const modules = []
  while (modules.length < count) {
    const from = at
    const length = next()
    if (length > longestName) return undefined
    const name = file.toString("latin1", at, at + length)
    at += length
    const compiled = next()
    at += compiled
    if (at > file.length) return undefined
    modules.push({ name, bytes: file.subarray(from, at) })
  }
  return at === file.length ? modules : undefined
}

/** Bytes of the file before those of V8's own part: a mark, the kind, and the names of Node, processor and system. */
const headOf = (file) => {
  let at = 5
  for (let names = 3; names > 0; names -= 1) at += 8 + Number(file.readBigUInt64LE(at))
  return at + 4
}

/** Bytes between V8's part and what is looked for, at the most. */
const between = 1 << 20

/**
 * The snapshot without what Node has compiled of modules that no start loads, which each process would hold: 4 MiB. Node
 * keeps all of it or, with it, drops what is compiled of our own. Undefined if the file has another form.
 */
const trimmed = (file) => {
  const head = headOf(file)
  const first = head + 4 + file.readInt32LE(head)
  for (let at = first; at < first + between; at += 1) {
    const found = modulesAt(file, at)
    if (found === undefined) continue
    const kept = found.filter(({ name }) => loadedLater.has(name))
    const count = Buffer.alloc(8)
    count.writeBigUInt64LE(BigInt(kept.length))
    return Buffer.concat([file.subarray(0, at), count, ...kept.map(({ bytes }) => bytes)])
  }
  return undefined
}

const [, , blob] = process.argv
const { status } = spawnSync(
  process.execPath,
  ["--snapshot-blob", blob, "--build-snapshot-config", "lib/snapshot.json"],
  { stdio: "inherit" }
)
if (status !== 0) process.exit(status ?? 1)
const small = trimmed(readFileSync(blob))
// Another Node may write another form. Its snapshot works as it is, and is larger.
if (small === undefined) process.stderr.write("the startup snapshot has a form that is not known: it stays large\n")
else writeFileSync(blob, small)
