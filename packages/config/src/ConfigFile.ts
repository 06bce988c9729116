import { parseYamlMap } from "@nominal-code/domain/text/Yaml"
import type { YamlMap } from "@nominal-code/domain/text/YamlMap"
import { Effect, type FileSystem, Option, Result } from "effect"
import type { Mode } from "./AppConfig.ts"
import { ConfigError } from "./ConfigError.ts"
import { readVariable } from "./Environment.ts"
import { readRegularFile, type UnusableFile } from "./RegularFile.ts"
import { settings } from "./Settings.ts"

/** Content of the configuration file, and its name for messages. Without a file, the content is empty. */
export interface ConfigFile {
  readonly name: string
  readonly tree: YamlMap
}

const wrong = (text: string) => new ConfigError({ problems: [text] })

const parseText = (name: string, text: string): Effect.Effect<ConfigFile, ConfigError> =>
  Result.match(parseYamlMap(text, "webhook: {port: 8080}"), {
    onFailure: (problem) => wrong(`${name} ${problem}`),
    onSuccess: (tree) => Effect.succeed({ name, tree })
  })

/** File of the working directory that is read if there is one. */
const local = "config.yaml"

/** Reasons for which there is no file of this name here. */
const noFileHere: ReadonlySet<UnusableFile["reason"]> = new Set(["missing", "directory", "special"])

/**
 * Reads the file that `CONFIG_PATH` names, else `config.yaml` in the working directory if there is one. `review` runs in
 * a repository that it reviews, whose files must not say where a key is sent: it reads none that is not named.
 */
export const readConfigFile = Effect.fn("AppConfig.readConfigFile")(function*(
  mode: Mode
): Effect.fn.Return<ConfigFile, ConfigError, FileSystem.FileSystem> {
  const [variable] = settings.process.configPath.env
  const configured = yield* readVariable(variable)
  if (Option.isSome(configured)) {
    const name = configured.value
    return yield* Effect.matchEffect(readRegularFile(name), {
      onSuccess: (text) => parseText(name, text),
      onFailure: ({ message, reason }) => {
        const cure = reason === "missing" ? `: correct the path, or unset ${variable}` : ""
        return wrong(`the configuration file ${name}, which ${variable} names, ${message}${cure}`)
      }
    })
  }
  const nothing: ConfigFile = { name: local, tree: {} }
  if (mode === "review") return nothing
  return yield* Effect.matchEffect(readRegularFile(local), {
    onSuccess: (text) => parseText(local, text),
    onFailure: ({ message, reason }) =>
      noFileHere.has(reason) ? Effect.succeed(nothing) : wrong(`the configuration file ${local} ${message}`)
  })
})
