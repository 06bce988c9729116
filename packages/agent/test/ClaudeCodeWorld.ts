import { NodeHttpServer, NodeServices } from "@effect/platform-node"
import { AgentProgress } from "@nominal-code/agent/AgentProgress"
import { AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import * as ClaudeCode from "@nominal-code/agent/ClaudeCode"
import { realClaude } from "@nominal-code/testing/RealClaude"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { ConfigProvider, type Duration, Effect, FileSystem, Option, Redacted, Schedule } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { createServer } from "node:http"
import { env, pid } from "node:process"
import { type Answer, task } from "./ScriptedModel.ts"

/** Name of a tool of ours as Claude Code offers it. */
export const offered = (name: string): string => `mcp__nominal__${name}`

/** A key that Claude Code uses and nothing may show. */
export const apiKey = "sk-ant-api03-of-the-scripted-model"

const service = (model: ScriptedModel.ScriptedModel) => model.url

/** A machine: a clean home, an empty directory for Claude Code, and a scripted model as the only service. */
export const makeWorld = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const root = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "nominal-claude-test-" }), fs.realPath)
  const home = `${root}/home`
  const directory = `${root}/data/claude-code`
  yield* fs.makeDirectory(home)
  const model = yield* ScriptedModel.make
  return { root, home, directory, model }
})
export type World = Effect.Success<typeof makeWorld>

export interface Changes {
  readonly program?: string
  readonly apiKey?: Option.Option<string>
  readonly idle?: Duration.Duration
  readonly memory?: number
  readonly variables?: Readonly<Record<string, string>>
  /** Address of the model's service. */
  readonly url?: string
}

const options = (world: World, changes: Changes): ClaudeCode.ClaudeCodeOptions => ({
  program: Option.some(changes.program ?? realClaude),
  directory: world.directory,
  apiKey: Option.map(changes.apiKey ?? Option.some(apiKey), (key) => Redacted.make(key)),
  baseUrl: Option.some(changes.url ?? service(world.model)),
  listener: NodeHttpServer.layerServer(createServer, { host: "127.0.0.1", port: 0 }),
  idle: changes.idle,
  memory: changes.memory
})

/** The environment of our own process, of which Claude Code gets a part. */
const surroundings = ({ home, root }: World, { variables = {} }: Changes) =>
  ConfigProvider.fromEnvRecord({
    PATH: env["PATH"] ?? "",
    HOME: home,
    TMPDIR: root,
    GITHUB_TOKEN: "ghp_a_token_of_the_forge",
    ...variables
  })

/** A task for Claude Code about pull request 7 of acme/api. Its model does not think, for the scripted one does not. */
export const claudeTask = (changes: Partial<AgentTask<Answer>> = {}): AgentTask<Answer> =>
  task({
    settings: { provider: "claude-code", model: "claude-3-5-haiku-20241022", maxTurns: 8 },
    prompt: "Review pull request #7 on acme/api.",
    ...changes
  })

/** Runs a task with Claude Code on this machine. */
export const runClaude = (world: World, given: AgentTask<Answer>, changes: Changes = {}) =>
  AgentRunner.use((agent) => agent.run(given)).pipe(
    Effect.provide(ClaudeCode.layer(options(world, changes))),
    Effect.provideService(ConfigProvider.ConfigProvider, surroundings(world, changes)),
    Effect.provide(NodeServices.layer)
  )

/** Checks Claude Code as a server does at its start. */
export const checkClaude = (world: World, changes: Changes = {}) =>
  ClaudeCode.check(options(world, changes)).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, surroundings(world, changes)),
    Effect.provide(NodeServices.layer)
  )

/** Writes a program that claims to be Claude Code 9.9.9, and does what the lines of shell say when it reviews. */
export const fakeClaude = Effect.fnUntraced(function*({ root }: World, lines: string) {
  const fs = yield* FileSystem.FileSystem
  const path = `${root}/claude`
  const questions = [
    "case \"$1\" in",
    "--version) echo '9.9.9 (Claude Code)'; exit 0;;",
    "--help) echo 'Usage: claude'; exit 0;;",
    "auth) echo '{\"loggedIn\": true}'; exit 0;;",
    "esac"
  ]
  yield* fs.writeFileString(path, ["#!/bin/sh", ...questions, lines, ""].join("\n"), { mode: 0o755 })
  return path
})

/** Writes a program of these lines of shell alone. */
export const script = Effect.fnUntraced(function*({ root }: World, lines: string) {
  const fs = yield* FileSystem.FileSystem
  const path = `${root}/script`
  yield* fs.writeFileString(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  return path
})

const processes = Effect.gen(function*() {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const lines = yield* spawner.string(ChildProcess.make("ps", ["-A", "-ww", "-o", "ppid=,pgid=,stat=,args="]))
  return lines.split("\n").flatMap((line) => {
    const [, parent, group, state = "", args = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return state === "" || state.startsWith("Z") ? [] : [{ parent: Number(parent), group: Number(group), args }]
  })
})

/** Waits for the reviewing process that this one has started, and tells its process group. */
export const startedGroup = Effect.map(
  processes,
  (all) => Option.fromUndefinedOr(all.find(({ args, parent }) => parent === pid && args.includes("--mcp-config")))
).pipe(
  Effect.repeat({ until: Option.isSome, schedule: Schedule.spaced("20 millis") }),
  Effect.map((found) => Option.getOrThrow(found).group)
)

/** Command lines of a process group. */
export const commandsOf = (group: number) =>
  Effect.map(processes, (all) => all.filter((one) => one.group === group).map(({ args }) => args))

/** Records the tools that start. */
export const recordTools = (started: Array<string>) =>
  Effect.provideService(AgentProgress, (event) =>
    Effect.sync(() => {
      if (event._tag === "ToolStarted") started.push(event.tool)
    }))
