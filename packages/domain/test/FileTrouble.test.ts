import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, PlatformError } from "effect"
import { fileTrouble } from "../src/file/FileTrouble.ts"

describe("the trouble with a file", () => {
  it.effect("is a sentence with its path, and without the words of a library", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "trouble-" })
      yield* fs.writeFileString(`${directory}/file`, "")
      const said = (effect: Effect.Effect<unknown, PlatformError.PlatformError>) =>
        Effect.map(Effect.flip(effect), (error) => fileTrouble(error).replaceAll(directory, "DIR"))
      assert.deepStrictEqual(
        yield* Effect.all([
          said(fs.readFileString(`${directory}/none`)),
          said(fs.readDirectory(`${directory}/none`)),
          said(fs.readFileString(directory)),
          said(fs.readFileString(`${directory}/file/x`)),
          said(fs.writeFileString(`${directory}/none/x`, "")),
          said(fs.writeFileString(`${directory}/file`, "", { flag: "wx" })),
          said(fs.makeTempDirectory({ directory: `${directory}/none`, prefix: "x-" }))
        ]),
        [
          "DIR/none does not exist",
          "DIR/none does not exist",
          "DIR is a directory",
          "a part of the path DIR/file/x is a file",
          "the directory of DIR/none/x does not exist",
          "DIR/file is there already",
          "the directory of DIR/none/x- does not exist"
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it("is what is known of it: a description, a code, or both words of the library", () => {
    const error = (more: object) =>
      PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "readFile", ...more })
    assert.deepStrictEqual(
      [{ description: "HOME is not set" }, { cause: { code: "EIO" } }, {
        pathOrDescriptor: "/a",
        cause: { code: "EIO" }
      }, {}]
        .map((more) => fileTrouble(error(more))),
      ["HOME is not set", "EIO", "/a: EIO", "Unknown: FileSystem.readFile"]
    )
  })
})
