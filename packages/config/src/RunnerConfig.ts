import type { RunnerName } from "@nominal-code/domain/settings/ReviewSettings"
import { nameOf } from "@nominal-code/domain/settings/Setting"
import { Effect, FileSystem, Option, Path } from "effect"
import type { ClaudeCodeSettings, Mode } from "./AppConfig.ts"
import { readVariable } from "./Environment.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { agent, answerer, explorer, kubernetes, providers, verifier } = settings

/** Runner of the agents, and the path of Claude Code if it was found. */
export interface Runner {
  readonly name: RunnerName
  readonly program: Option.Option<string>
}

const anyoneExecutes = 0o111

/** Finds Claude Code: at `agent.cli_path` if that is set, else as `claude` on the PATH. */
const findProgram = Effect.fnUntraced(function*(values: Values) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const configured = values(agent.cliPath)
  const searched = Option.getOrElse(yield* readVariable("PATH"), () => "")
  // A relative entry would be looked up in the repository that `review` runs in. npm puts its packages' programs first,
  // which are not the user's.
  const isUsers = (directory: string) => path.isAbsolute(directory) && !directory.endsWith("/node_modules/.bin")
  const candidates = Option.isSome(configured)
    ? [path.resolve(configured.value)]
    : searched.split(":").filter(isUsers).map((directory) => path.join(directory, "claude"))
  const isProgram = (file: string) =>
    Effect.match(fs.stat(file), {
      onFailure: () => false,
      onSuccess: ({ mode, type }) => type === "File" && (mode & anyoneExecutes) !== 0
    })
  return yield* Effect.findFirst(candidates, isProgram)
})

/** Instruction for a machine without Claude Code. */
export const installClaudeCode = "install Claude Code and log in (https://claude.com/claude-code)"

/**
 * Resolves what runs the agents. Claude Code does if it was asked for, and where a user who configured no provider has
 * it. The pods of a cluster have the provider's API unless they were asked for Claude Code, which they have to bring.
 */
export const resolveRunner = Effect.fnUntraced(function*(mode: Mode, values: Values, report: Report) {
  const asked = values(agent.runner)
  const inPods = mode === "serve" && Option.isSome(values(kubernetes.image))
  const ofRoles = [agent.provider, answerer.provider, verifier.provider]
  const hasProvider = [...ofRoles, explorer.provider, providers.anthropic.apiKey].some((setting) =>
    Option.isSome<unknown>(values<Option.Option<unknown>>(setting))
  )
  const configured = values(agent.cliPath)
  const withoutLooking = Option.orElse(
    asked,
    (): Option.Option<RunnerName> => hasProvider || inPods ? Option.some("api") : Option.none()
  )
  // A job may bring Claude Code as its runner.
  const isLookedFor = mode === "run-job" || !Option.contains(withoutLooking, "api")
  const program = isLookedFor ? yield* findProgram(values) : Option.none<string>()
  const found = Option.isSome(program) || Option.isSome(configured)
  const name = Option.getOrElse(withoutLooking, (): RunnerName => found ? "claude-code" : "api")
  if (name === "api" && Option.isSome(configured)) {
    report.warn(agent.cliPath, `no effect: set ${nameOf(agent.runner)} to claude-code to review with it`)
  }
  if (name === "claude-code") {
    for (const setting of [...ofRoles, agent.contextWindow]) {
      if (Option.isSome<unknown>(values<Option.Option<unknown>>(setting))) {
        report.warn(setting, "no effect: Claude Code runs the agents")
      }
    }
    if (values(agent.tools) === "off") report.warn(agent.tools, "no effect: Claude Code runs the agents")
    if (Option.isNone(program) && !inPods && (mode === "serve" || mode === "review")) {
      if (Option.isSome(configured)) report.problem(agent.cliPath, `"${configured.value}" is not a program`)
      else {
        const remedies = `${installClaudeCode}, or set ${nameOf(agent.cliPath)} to its program`
        report.problem(agent.runner, `there is no "claude" on the PATH: ${remedies}`)
      }
    }
  }
  const runner: Runner = { name, program }
  return runner
})

/** Resolves Claude Code's settings. A job may bring it as its runner, so that its process takes what is there. */
export const resolveClaudeCode = (mode: Mode, { name, program }: Runner, values: Values): ClaudeCodeSettings => {
  const { apiKey, baseUrl } = providers.anthropic
  return name === "claude-code" || mode === "run-job"
    ? { program, apiKey: values(apiKey), baseUrl: values(baseUrl) }
    : { program, apiKey: Option.none(), baseUrl: Option.none() }
}
