import { Effect, type FileSystem, Option, Predicate } from "effect"
import { LineCounter, parseDocument } from "yaml"
import type { Mode } from "./AppConfig.ts"
import { ConfigError } from "./ConfigError.ts"
import { readVariable } from "./Environment.ts"
import { readRegularFile, type UnusableFile } from "./RegularFile.ts"
import { settings } from "./Settings.ts"

/** A map of YAML. */
export type YamlMap = Readonly<Record<string, unknown>>

/** Content of the configuration file, and its name for messages. Without a file, the content is empty. */
export interface ConfigFile {
  readonly name: string
  readonly tree: YamlMap
}

/** True if a YAML value is a map. */
export const isYamlMap = (value: unknown): value is YamlMap => Predicate.isObject(value) && !Array.isArray(value)

// The parser's own sentences may quote the text around the error, and a secret may stand there.
const syntax: Readonly<Record<string, string>> = {
  BAD_INDENT: "the indentation does not fit the lines above",
  BLOCK_AS_IMPLICIT_KEY: "a value with \": \" in it needs quotes",
  DUPLICATE_KEY: "this key stands in the file twice",
  MISSING_CHAR: "a \":\", a quote, a comma or a bracket is missing",
  MULTIPLE_DOCS: "a second document starts here: one file holds one",
  TAB_AS_INDENT: "a tab indents the line: use spaces"
}

const wrong = (text: string) => new ConfigError({ problems: [text] })

const parse = Effect.fnUntraced(function*(name: string, text: string) {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) {
    const { col, line } = lineCounter.linePos(error.pos[0])
    const what = syntax[error.code] ?? "the text is not YAML"
    return yield* wrong(`${name} cannot be read as YAML: line ${line}, column ${col}: ${what}`)
  }
  const tree = yield* Effect.try({
    try: (): unknown => document.toJS(),
    catch: () => wrong(`${name} cannot be read as YAML: an alias (*name) has no anchor, or there are too many of them`)
  })
  if (tree === null) return { name, tree: {} }
  return isYamlMap(tree)
    ? { name, tree }
    : yield* wrong(`${name} must be a map of settings, like "webhook: {port: 8080}"`)
})

const parseText = (name: string, text: string) =>
  // Other encodings, and files that are no text, come out with one of these.
  /[\0\uFFFD]/.test(text)
    ? wrong(`${name} cannot be read as YAML: it is not UTF-8: save it as such`)
    : parse(name, text)

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
