import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import process from "node:process"
import * as Git from "../src/Git.ts"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"

/** Opens the workspace, and the git of its own that a terminal uses, and gives the error of each. */
const refusals = (baseDir: string) =>
  Effect.all([
    Effect.flip(Effect.scoped(Layer.build(Layer.fresh(Fixture.workspaceIn(baseDir))))),
    Effect.flip(Effect.scoped(Layer.build(Layer.fresh(Git.layer({ baseDir })))))
  ])

layer(NodeServices.layer, { excludeTestServices: true })("the workspace directory", (it) => {
  it.effect("is made with everything in it for this process's user alone", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const base = `${yield* fs.makeTempDirectoryScoped()}/data/workspace`
      yield* Effect.provide(Workspace, Fixture.workspaceIn(base))
      for (const name of ["", "/home", "/mirrors"]) {
        assert.strictEqual((yield* fs.stat(`${base}${name}`)).mode & 0o777, 0o700, name)
      }
    }))

  it.effect("is refused where it, or a directory in it, is a link, another user's, or writable by others", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      yield* fs.makeDirectory(`${directory}/real`, { mode: 0o700 })
      yield* fs.symlink(`${directory}/real`, `${directory}/link`)
      yield* fs.makeDirectory(`${directory}/open`)
      yield* fs.chmod(`${directory}/open`, 0o777)
      yield* fs.makeDirectory(`${directory}/group`)
      yield* fs.chmod(`${directory}/group`, 0o770)
      yield* fs.makeDirectory(`${directory}/home-is-a-link`, { mode: 0o700 })
      yield* fs.symlink(`${directory}/real`, `${directory}/home-is-a-link/home`)
      const cases: Array<readonly [name: string, why: RegExp]> = [
        ["link", /link is refused: it is a link/],
        ["open", /open is refused: others may write to it \(mode 777\)/],
        ["group", /group is refused: others may write to it \(mode 770\)/],
        ["home-is-a-link", /home is refused: it is a link/]
      ]
      if (process.getuid?.() === 0) {
        yield* fs.makeDirectory(`${directory}/foreign`, { mode: 0o700 })
        yield* fs.chown(`${directory}/foreign`, 65_534, 65_534)
        cases.push(["foreign", /foreign is refused: it is of the user 65534, and this process runs as 0/])
      }
      for (const [name, why] of cases) {
        for (const { message } of yield* refusals(`${directory}/${name}`)) {
          assert.match(message, why)
          assert.match(message, /workspace\.base_dir \(WORKSPACE_BASE_DIR\)/)
        }
      }
    }))
})
