import { NodeServices } from "@effect/platform-node"
import { RepoName, type Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, FileSystem, Path, Redacted } from "effect"
import * as GitWorkspace from "../src/GitWorkspace.ts"
import type { Checkout, CheckoutRequest, WorkspaceOptions } from "../src/Workspace.ts"
import * as GitServer from "./GitServer.ts"
import { type Change, TestRepository } from "./TestRepository.ts"

export const username = "x-access-token"
export const password = "s3cr3t-token-of-the-forge-0123456789"

/** A workspace in the given directory. */
export const options = (
  baseDir: string,
  bounds: Partial<Pick<WorkspaceOptions, "maxAge" | "maxBytes">> = {}
): WorkspaceOptions => ({ baseDir, maxBytes: 1024 ** 3, maxAge: "30 days", ...bounds })

export const workspaceIn = (baseDir: string, bounds: Parameters<typeof options>[1] = {}) =>
  GitWorkspace.layer(options(baseDir, bounds))

/** A server with one repository, `acme/shop`, and an empty directory for the workspace. */
export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const server = yield* GitServer.make({ username, password })
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "workspace-test-" })
  const repository = new TestRepository(path.join(directory, "work"), path.join(server.root, "acme", "shop.git"))
  const baseDir = path.join(directory, "base")
  const request = (headSha: Sha, baseSha: Sha, changed: Partial<CheckoutRequest> = {}): CheckoutRequest => ({
    repo: RepoName.make("acme/shop"),
    url: `${server.url}/acme/shop.git`,
    username,
    password: Redacted.make(password),
    headRef: "refs/pull/7/head",
    headSha,
    baseBranch: "main",
    baseSha,
    ...changed
  })
  /** A pull request of one commit on top of one commit. */
  const pull = (base: Readonly<Record<string, Change>>, head: Readonly<Record<string, Change>>) => {
    const baseSha = repository.commit("base", base)
    const headSha = repository.commit("head", head)
    repository.push(baseSha, "refs/heads/main")
    repository.push(headSha, "refs/pull/7/head")
    return request(headSha, baseSha)
  }
  return { server, repository, directory, baseDir, request, pull }
})

/** Runs a tool of a checkout as the agent does. */
export const use = (checkout: Checkout, name: string, input: unknown) =>
  Effect.suspend(() => {
    const tool = checkout.tools.find((tool) => tool.name === name)
    return tool === undefined ? Effect.die(`no tool ${name}`) : tool.run(input)
  })

export const services = NodeServices.layer
