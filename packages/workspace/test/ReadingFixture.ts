import type { Sha } from "@nominal-code/domain/event/PullRequest"
import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { ChildProcessSpawner } from "effect/process"
import * as Git from "../src/Git.ts"
import * as Listing from "../src/Listing.ts"
import * as ObjectReader from "../src/ObjectReader.ts"
import * as Syntax from "../src/syntax/Syntax.ts"
import type { Tool } from "../src/Tool.ts"
import type { ToolContext } from "../src/tools/Reading.ts"
import { make as makeTools } from "../src/tools/Tools.ts"
import { type Change, TestRepository } from "./TestRepository.ts"

const directory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "tools-test-" }))
})

const reading = Effect.fnUntraced(function*(root: string) {
  const path = yield* Path.Path
  const git = Context.get(yield* Layer.build(Git.layer({ baseDir: path.join(root, "base") })), Git.Git)
  const services = Context.make(Path.Path, path).pipe(
    Context.add(ChildProcessSpawner.ChildProcessSpawner, yield* ChildProcessSpawner.ChildProcessSpawner),
    Context.add(Git.Git, git)
  )
  const gitDir = path.join(root, "tree", ".git")
  const objects = yield* Effect.provideService(ObjectReader.make(gitDir), Git.Git, git)
  const syntax = yield* Syntax.make({ each: "2 minutes", all: "10 minutes" })
  return Effect.fnUntraced(function*(base: Sha, mergeBase: Sha, head: Sha) {
    const listing = yield* Listing.make(objects, head)
    const context: ToolContext = { objects, listing, gitDir, syntax, commits: { base, mergeBase, head }, services }
    return context
  })
})

/** A repository on disk whose commits the tools read, without a server or a mirror. */
export const make = Effect.gen(function*() {
  const path = yield* Path.Path
  const root = yield* directory
  const repository = new TestRepository(path.join(root, "tree"), path.join(root, "bare"))
  return { repository, reading: yield* reading(root) }
})

/** Runs a tool by its name. */
export const toolsOf = (reading: ToolContext) => {
  const tools: ReadonlyArray<Tool> = makeTools(reading, (text) => text)
  return (name: string, input: unknown) =>
    Effect.suspend(() => {
      const tool = tools.find((tool) => tool.name === name)
      return tool === undefined ? Effect.die(`no tool ${name}`) : tool.run(input)
    })
}

/** The tools over a commit of the given files. */
export const over = Effect.fnUntraced(function*(files: Readonly<Record<string, Change>>) {
  const { reading, repository } = yield* make
  const head = repository.commit("files", files)
  const context = yield* reading(head, head, head)
  return { tool: toolsOf(context), reading: context, repository }
})
