import { oneLine } from "@nominal-code/domain/text/OneLine"
import type { LlmError } from "@nominal-code/llm/LlmError"
import * as Process from "@nominal-code/workspace/Process"
import { Effect, Option, type Redacted, Schema } from "effect"
import { failure, logIn } from "./Failure.ts"

/** The oldest version that reviews. It is the one that the tests run. */
const oldest = [2, 1, 112] as const

/** Time that the program has for a question about itself. */
const patienceSeconds = 30

const maxBytes = 1024 * 1024

/** Program and environment of Claude Code. */
export interface Program {
  readonly path: string
  readonly environment: Record<string, string | Redacted.Redacted>
  readonly directory: string
}

/** An installed Claude Code that can review. */
export interface Installation {
  readonly version: string
  knows(flag: string): boolean
}

const ask = (program: Program, args: ReadonlyArray<string>) =>
  Process.run(program.path, args, {
    cwd: program.directory,
    env: program.environment,
    timeoutSeconds: patienceSeconds,
    maxBytes
  }).pipe(
    Effect.map(({ exitCode, stderr, stdout }) => ({ exitCode, text: Buffer.from(stdout).toString("utf8"), stderr })),
    Effect.mapError(({ message, reason }) =>
      reason === "timeout"
        ? failure("unavailable", `${program.path} ${args.join(" ")} did not answer within ${patienceSeconds} s`)
        : failure("invalid-request", `${message}: set agent.cli_path (AGENT_CLI_PATH) to Claude Code's program`)
    )
  )

const isOlder = (version: ReadonlyArray<number>): boolean => {
  const different = oldest.findIndex((part, index) => part !== version[index])
  return different !== -1 && (version[different] ?? 0) < (oldest[different] ?? 0)
}

/** Asks the program for its version and its options. Fails if it is not Claude Code, or too old. */
export const find = Effect.fnUntraced(function*(program: Program) {
  const [version, help] = yield* Effect.all([ask(program, ["--version"]), ask(program, ["--help"])], { concurrency: 2 })
  const [, number] = /^(\d+\.\d+\.\d+)\S* \(Claude Code\)/.exec(version.text) ?? []
  if (number === undefined) {
    const said = oneLine(version.text === "" ? version.stderr : version.text, 100)
    return yield* failure(
      "invalid-request",
      `${program.path} is not Claude Code: its version is "${said}". Set agent.cli_path (AGENT_CLI_PATH)`
    )
  }
  if (isOlder(number.split(".").map(Number))) {
    return yield* failure(
      "invalid-request",
      `Claude Code ${number} is too old: run \`claude update\` for ${oldest.join(".")} or later`
    )
  }
  const installation: Installation = { version: number, knows: (flag) => help.text.includes(`${flag} `) }
  return installation
})

const decodeStatus = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ loggedIn: Schema.Boolean })))

/** Fails if Claude Code has neither a login nor a key. What it does not tell, the first review will. */
export const checkLogin = Effect.fnUntraced(function*(program: Program): Effect.fn.Return<
  void,
  LlmError,
  Effect.Services<ReturnType<typeof ask>>
> {
  const { text } = yield* ask(program, ["auth", "status", "--json"])
  if (Option.exists(decodeStatus(text), ({ loggedIn }) => !loggedIn)) {
    return yield* failure("unauthorized", `Claude Code is not logged in: ${logIn}`)
  }
})
