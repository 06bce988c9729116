import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { readFileSync } from "node:fs"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { parse, parseAllDocuments } from "yaml"

/*
 * The runners of GitHub Actions and of GitLab CI, as far as `action.yml` and the template need them.
 */

const root = fileURLToPath(new URL("../..", import.meta.url))

const identity = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.test",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.test"
}

/** Runs a program, and answers with its outputs and its exit code. */
const execute = Effect.fn(function*(
  program: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }
) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(ChildProcess.make(program, args, { ...options, stdin: "ignore" }))
  const written = (stream: typeof child.stdout) => Stream.mkString(Stream.decodeText(stream))
  const [stdout, stderr, code] = yield* Effect.all(
    [written(child.stdout), written(child.stderr), child.exitCode],
    { concurrency: 3 }
  )
  return { stdout, stderr, code: Number(code) }
}, Effect.scoped)

/** Clones what a forge has as a pipeline's checkout does: one ref, no more commits than `depth`, a detached head. */
export const checkout = Effect.fn(function*(remote: string, ref: string, depth: number | "all") {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ci-workspace-" })
  const git = (...args: ReadonlyArray<string>) =>
    execute("git", args, { cwd: directory, env: { PATH: env["PATH"] ?? "", ...identity } })
  yield* git("init", "-q")
  const shallow = depth === "all" ? [] : [`--depth=${depth}`]
  yield* git("fetch", "-q", ...shallow, remote, ...(depth === "all" ? ["+refs/*:refs/remotes/all/*"] : []), ref)
  yield* git("checkout", "-q", "--detach", "FETCH_HEAD")
  return { directory, git }
})

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly id?: string
  readonly if?: string
  readonly shell?: string
  readonly "working-directory"?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Reads the outputs of a step out of its file, as the runner does. */
const outputsOf = (text: string): Readonly<Record<string, string>> => {
  const outputs: Record<string, string> = {}
  const lines = text.split("\n")
  for (let at = 0; at < lines.length; at++) {
    const [, name, delimiter] = /^([\w-]+)<<(.+)$/.exec(lines[at] ?? "") ?? []
    if (name === undefined || delimiter === undefined) {
      const [, plain, value] = /^([\w-]+)=(.*)$/.exec(lines[at] ?? "") ?? []
      if (plain !== undefined) outputs[plain] = value ?? ""
      continue
    }
    const end = lines.indexOf(delimiter, at + 1)
    outputs[name] = lines.slice(at + 1, end).join("\n")
    at = end
  }
  return outputs
}

/** The lines of a log that the runner would take for commands, as it reads them. */
export const commandsIn = (log: string): ReadonlyArray<string> => {
  let stopped: string | undefined
  return log.split("\n").filter((line) => {
    const trimmed = line.trimStart()
    if (stopped !== undefined) {
      if (trimmed === `::${stopped}::`) stopped = undefined
      return false
    }
    if (trimmed.startsWith("::stop-commands::")) stopped = trimmed.slice("::stop-commands::".length)
    return trimmed.startsWith("::") && !trimmed.startsWith("::stop-commands::") || line.includes("##[")
  })
}

interface ActionRun {
  readonly inputs: Readonly<Record<string, string>>
  readonly event: unknown
  readonly workspace: string
  /** Variables of the job, beside those of the runner. */
  readonly env: Readonly<Record<string, string>>
  /** Programs in front of the PATH. */
  readonly bin: string
}

/** Runs the steps of `action.yml` as the runner of a workflow does. */
export const runAction = Effect.fn(function*({ bin, event, inputs, workspace, ...run }: ActionRun) {
  const fs = yield* FileSystem.FileSystem
  const temporary = yield* fs.makeTempDirectoryScoped({ prefix: "ci-runner-" })
  const action = parse(readFileSync(`${root}/action.yml`, "utf8"))
  const unknown = Object.keys(inputs).filter((name) => !(name in action.inputs))
  if (unknown.length > 0) return yield* Effect.die(`the action has no input ${unknown.join(", ")}`)
  const files = { event: `${temporary}/event.json`, output: `${temporary}/output`, summary: `${temporary}/summary` }
  yield* fs.writeFileString(files.event, JSON.stringify(event))
  yield* fs.writeFileString(files.output, "")
  yield* fs.writeFileString(files.summary, "")
  const contexts: Readonly<Record<string, (name: string) => string>> = {
    inputs: (name) => inputs[name] ?? String(action.inputs[name].default),
    env: (name) => run.env[name] ?? "",
    github: (name) => ({ action_path: root, workspace, token: "" })[name] ?? ""
  }
  const term = (text: string): string => {
    const [, context = "", name = ""] = /^(\w+)\.([\w-]+)$/.exec(text.trim()) ?? []
    return contexts[context]?.(name) ?? ""
  }
  const evaluated = (text: string): string =>
    text.replaceAll(
      /\$\{\{(.+?)\}\}/g,
      (_, expression: string) => expression.split("||").map(term).find((value) => value !== "") ?? ""
    )
  const holds = ({ if: condition }: Step) => {
    const [, left = "", right = ""] = /^(.+?) == '(.*)'$/.exec(condition ?? "x == ''") ?? []
    return term(left) === right
  }
  const done: Array<{ readonly stdout: string; readonly stderr: string; readonly code: number }> = []
  for (const step of action.runs.steps.filter(holds)) {
    if (step.run === undefined) continue
    const result = yield* execute("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", evaluated(step.run)], {
      cwd: evaluated(step["working-directory"] ?? workspace),
      env: {
        PATH: `${bin}:${env["PATH"]}`,
        HOME: temporary,
        TMPDIR: temporary,
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: root,
        GITHUB_EVENT_PATH: files.event,
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: temporary,
        ...run.env,
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, evaluated(String(value))]))
      }
    })
    done.push(result)
    if (result.code !== 0) break
  }
  const last = done.at(-1) ?? { stdout: "", stderr: "no step ran", code: 1 }
  const written = outputsOf(yield* fs.readFileString(files.output))
  const outputs = Object.fromEntries(
    Object.entries<{ readonly value: string }>(action.outputs).map(([name, { value }]) => {
      const [, output = ""] = /^\$\{\{ steps\.review\.outputs\.([\w-]+) \}\}$/.exec(value) ?? []
      return [name, written[output] ?? ""]
    })
  )
  return { ...last, steps: done.length, outputs, summary: yield* fs.readFileString(files.summary) }
})

/** Runs the script of the template's job as GitLab's runner does. */
export const runTemplate = Effect.fn(function*(run: {
  readonly inputs: Readonly<Record<string, string>>
  readonly workspace: string
  readonly env: Readonly<Record<string, string>>
  readonly bin: string
}) {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "ci-gitlab-" })
  const [header, body] = parseAllDocuments(readFileSync(`${root}/ci/templates/gitlab-ci.yml`, "utf8"))
  const inputs: Readonly<Record<string, { readonly default: string }>> = header?.toJS().spec.inputs
  const text = String(body).replaceAll(/\$\[\[ inputs\.(\w+) \]\]/g, (_, name: string) => {
    const declared = inputs[name]
    return run.inputs[name] ?? declared?.default ?? `no input ${name}`
  })
  const job = parse(text)["nominal-code-review"]
  const result = yield* execute("sh", ["-ec", job.script.join("\n")], {
    cwd: run.workspace,
    env: {
      PATH: `${run.bin}:${env["PATH"]}`,
      HOME: home,
      TMPDIR: home,
      GITLAB_CI: "true",
      CI_PROJECT_DIR: run.workspace,
      ...run.env,
      ...job.variables
    }
  })
  return { ...result, job }
})
