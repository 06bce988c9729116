import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Option, Redacted } from "effect"
import { gitFinding, machineFindings, type MachineSettings, roomFinding } from "../src/doctor/MachineFindings.ts"

/** Findings about a machine, as lines. The directories are below one that is there. */
const found = Effect.fnUntraced(function*(changes: (directory: string) => Partial<MachineSettings>) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "machine-" })
  yield* fs.writeFileString(`${directory}/file`, "")
  const findings = yield* machineFindings({
    dataDir: `${directory}/data`,
    storage: "sqlite",
    redis: Option.none(),
    workspace: { baseDir: `${directory}/git` },
    ...changes(directory)
  })
  return findings.map(({ area, status, text }) => `${status} ${area}: ${text.replaceAll(directory, "")}`)
})

describe("a machine", () => {
  it("needs git 2.39 or later, of any later major version too", () => {
    const statusOf = (version: string) => gitFinding(`git version ${version}`).status
    for (const version of ["2.39.0", "2.100.1", "3.0.0", "2.50.1 (Apple Git-155)"]) {
      assert.strictEqual(statusOf(version), "ok", version)
    }
    for (const version of ["2.38.9", "1.99.0"]) assert.strictEqual(statusOf(version), "problem", version)
    assert.strictEqual(gitFinding("git version 2.9.5").text, "git version 2.9.5 is too old: install 2.39 or later")
  })

  it.live("has git, and directories that can be made where they are to be", () =>
    Effect.gen(function*() {
      const [git, base, data, ...more] = yield* found(() => ({}))
      assert.match(git ?? "", /^ok machine: git version \d/)
      assert.match(
        base ?? "",
        /^(ok|warning) machine: workspace\.base_dir \/git (can be written, and )?has [\d.]+ GB left/
      )
      assert.match(data ?? "", /^(ok|warning) machine: data_dir \/data (can be written, and )?has [\d.]+ GB left/)
      assert.deepStrictEqual(more, [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it("has room for a mirror, from a gigabyte on", () => {
    const lines = [Option.some(999_999_999), Option.some(1_000_000_000), Option.some(250_540_000_000), Option.none()]
      .map(
        (free) => {
          const { status, text } = roomFinding("data_dir /data", free)
          return `${status}: ${text}`
        }
      )
    assert.deepStrictEqual(lines, [
      "warning: data_dir /data has 1.0 GB left: make room, a mirror may not fit",
      "ok: data_dir /data can be written, and has 1.0 GB left",
      "ok: data_dir /data can be written, and has 250.5 GB left",
      "ok: data_dir /data can be written"
    ])
  })

  it.live("may have a file where a directory is named, which is a problem", () =>
    Effect.gen(function*() {
      const lines = yield* found((directory) => ({ dataDir: `${directory}/file/data` }))
      assert.include(lines, "problem machine: data_dir /file/data: /file is no directory: name another one")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("keeps no data directory where the store is in memory, which loses what is accepted", () =>
    Effect.gen(function*() {
      const lines = yield* found(() => ({ storage: "memory" }))
      assert.isFalse(lines.some((line) => line.includes("data_dir")))
      assert.include(lines, "warning storage: storage: memory loses every accepted event when the server ends")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("is examined to its end while Redis is away, which is a problem of the store", () =>
    Effect.gen(function*() {
      const redis = Option.some({
        url: Redacted.make("redis://127.0.0.1:9"),
        sentinelPassword: Option.none(),
        waitReplicas: 0,
        shards: Option.none()
      })
      const lines = yield* found(() => ({ storage: "redis", redis }))
      assert.match(lines.at(-1) ?? "", /^problem storage: Redis/)
      assert.isTrue(lines.some((line) => line.startsWith("ok machine: git version")))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
