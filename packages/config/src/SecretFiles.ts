import { fileVariable } from "@nominal-code/domain/settings/Setting"
import { Effect, type FileSystem, Option, type Path } from "effect"
import type { ConfigError } from "./ConfigError.ts"
import { readVariable } from "./Environment.ts"
import { readNamedFile } from "./NamedFile.ts"
import type { Report } from "./Report.ts"
import { everySetting } from "./Settings.ts"

const secrets = everySetting.filter(({ kind }) => kind.secret)

// Several services read OPENAI_API_KEY: its file belongs to the first of them.
const owners = new Map(secrets.flatMap((setting) => setting.env.map((name) => [name, setting] as const)).reverse())

/**
 * Reads the files of secrets into the environment: where `GITHUB_TOKEN_FILE` names a file, `GITHUB_TOKEN` is its text
 * without the last line break, as secrets of Docker and Kubernetes are mounted. Reports a file that cannot be read or
 * is empty, and a secret that has both variables.
 */
export const readSecretFiles = Effect.fnUntraced(function*(
  environment: ReadonlyMap<string, Option.Option<string>>,
  report: Report
): Effect.fn.Return<
  {
    readonly environment: ReadonlyMap<string, Option.Option<string>>
    /** The file of each variable that has its text from one. */
    readonly files: ReadonlyMap<string, string>
  },
  ConfigError,
  FileSystem.FileSystem | Path.Path
> {
  const read = new Map(environment)
  const files = new Map<string, string>()
  for (const [name, setting] of owners) {
    const variable = fileVariable(name)
    const file = yield* readVariable(variable)
    if (Option.isNone(file)) continue
    if (Option.exists(environment.get(name) ?? Option.none(), (value) => value !== "")) {
      report.problem(setting, `${name} and ${variable} are both set: remove one of the two`)
      continue
    }
    const text = yield* readNamedFile(setting, file.value, `correct the path, or unset ${variable}`, report)
    const secret = Option.map(text, (text) => text.replace(/\r?\n$/, ""))
    if (Option.contains(secret, "")) {
      report.problem(setting, `the file "${file.value}" that ${variable} names is empty: put the secret into it`)
    }
    read.set(name, secret)
    files.set(name, file.value)
  }
  return { environment: read, files }
})
