import { Sha } from "@nominal-code/domain/PullRequest"
import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { ChildProcessSpawner } from "effect/process"
import * as Git from "../src/Git.ts"
import * as ObjectReader from "../src/ObjectReader.ts"
import type { Tool } from "../src/Tool.ts"
import type { ToolContext } from "../src/tools/Reading.ts"
import { make as makeTools } from "../src/tools/Tools.ts"
import { apply, type Change, TestRepository } from "./TestRepository.ts"

const directory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "tools-test-" }))
})

const reading = Effect.fnUntraced(function*(root: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const git = Context.get(yield* Layer.build(Git.layer({ baseDir: path.join(root, "base") })), Git.Git)
  const services = Context.make(FileSystem.FileSystem, fs).pipe(
    Context.add(Path.Path, path),
    Context.add(ChildProcessSpawner.ChildProcessSpawner, yield* ChildProcessSpawner.ChildProcessSpawner),
    Context.add(Git.Git, git)
  )
  const objects = yield* Effect.provideService(ObjectReader.make(path.join(root, "tree", ".git")), Git.Git, git)
  return (base: Sha, mergeBase: Sha, head: Sha): ToolContext => ({
    objects,
    directory: path.join(root, "tree"),
    gitDir: path.join(root, "tree", ".git"),
    commits: { base, mergeBase, head },
    services
  })
})

/** A repository on disk whose work tree the tools read, without a server or a mirror. */
export const make = Effect.gen(function*() {
  const path = yield* Path.Path
  const root = yield* directory
  const repository = new TestRepository(path.join(root, "tree"), path.join(root, "bare"))
  return { repository, reading: yield* reading(root) }
})

/** Runs a tool by its name. */
export const toolsOf = (reading: ToolContext) => (name: string, input: unknown) =>
  Effect.suspend(() => {
    const tool: Tool | undefined = makeTools(reading, (text) => text).find((tool) => tool.name === name)
    return tool === undefined ? Effect.die(`no tool ${name}`) : tool.run(input)
  })

/** The tools over a directory of the given files, for those that do not ask git. */
export const over = Effect.fnUntraced(function*(files: Readonly<Record<string, Change>>) {
  const path = yield* Path.Path
  const root = yield* directory
  apply(path.join(root, "tree"), files)
  const none = Sha.make("0".repeat(40))
  const context = (yield* reading(root))(none, none, none)
  return { tool: toolsOf(context), reading: context, directory: path.join(root, "tree") }
})
